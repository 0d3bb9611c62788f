import { AgentConfig } from '../../../agent/config/schema';
import { agentFile } from '../../../network/sandbox/agent-file';
import { fabricPlacement } from '../../../network/sandbox/fabric-placement';
import { hostsOf, planSandbox } from '../../../network/sandbox/plan';
import type { FabricState } from '../../../network/fabric';
import { Topology } from '../../../network/topology';

const LONGEST_INTERFACE_NAME = 15;
const LONGEST_SOCKET_PATH = 107;

const clusterNamed = (name: string) => ({
  name,
  mspId: `${name}MSP`,
  site: { latitude: 1, longitude: 2 },
  coverageRadiusMeters: 400,
  capacity: { memoryMiB: 512, cpuMillis: 1000, diskMiB: 1024 },
  applicationTypes: ['counter'],
});

describe('the plan of a sandbox', () => {
  const names = Array.from({ length: 200 }, (_, index) => `a-cluster-of-20-c${String(index).padStart(3, '0')}`);
  const topology = Topology.parse({ clusters: names.map(clusterNamed), link: { rateMbit: 40 } });
  const plan = planSandbox(topology, 'relative/state');
  const hosts = hostsOf(plan);

  it('gives every host a namespace, a link and an address of its own', () => {
    for (const key of ['namespace', 'link', 'address'] as const) {
      expect(new Set(hosts.map((host) => host[key])).size).toBe(202);
    }
  });

  it('keeps to the addresses that everything else counts on', () => {
    expect([plan.orderer.address, plan.registry.address]).toEqual(['10.88.0.2', '10.88.0.3']);
    expect(plan.clusters.slice(0, 2).map((c) => [c.address, c.engine.bridgeCidr])).toEqual([
      ['10.88.1.1', '172.31.1.1/24'],
      ['10.88.1.2', '172.31.2.1/24'],
    ]);
  });

  it('fits the longest names into what the kernel allows', () => {
    for (const host of hosts) expect(host.link.length).toBeLessThanOrEqual(LONGEST_INTERFACE_NAME);
    for (const { engine, agent } of plan.clusters) {
      for (const path of [engine.socket, `${engine.containerdSocket}.ttrpc`, agent.controlSocket]) {
        expect(path.length).toBeLessThanOrEqual(LONGEST_SOCKET_PATH);
      }
    }
  });

  it('limits the clusters only', () => {
    expect(hosts.filter((host) => host.rateMbit === undefined).map((host) => host.name)).toEqual([
      'orderer',
      'registry',
    ]);
    expect(plan.clusters.every((cluster) => cluster.rateMbit === 40)).toBe(true);
  });

  it('puts each part of the ledger into its host without mounting /sys anew', () => {
    const placement = fabricPlacement(plan);
    expect(placement.orderer.commandPrefix).toEqual(['nsenter', '--net=/run/netns/blosm-orderer']);
    expect(placement.clusters.map(({ address }) => address)).toEqual(plan.clusters.map(({ address }) => address));
  });

  it("writes an agent's configuration that the agent accepts", () => {
    const fabric = { folder: plan.stateDir, channel: 'blosm', chaincode: 'blosm', clusters: topology.clusters };
    const file = agentFile(plan, plan.clusters[1]!, fabric as unknown as FabricState, {
      migration: { positionSeconds: 7 },
    });
    const config = AgentConfig.parse(file);
    expect(config.cluster).toMatchObject({ name: names[1], sourceIp: '10.88.1.2', capacity: { memoryMiB: 512 } });
    expect(config.registry.address).toBe('10.88.0.3:5000');
    expect(config.migration.positionSeconds).toBe(7);
  });
});
