import { gatewayUrl } from '../../network/clusters';
import { callEngine, type ClusterPlan, type Sandbox } from '../../network/sandbox';
import { clusterNamed } from '../support/clusters';
import { CounterDevice } from '../support/counter-device';
import { timeEach } from './load';
import type { BenchReport, Figure } from './report';
import { summarize } from './statistics';

const REQUESTS = 500;
const WARM_UP = 50;

/**
 * One instance on the first cluster, asked over three ways in turn: its container directly, its cluster's gateway, and
 * another cluster's gateway, which hands the request on agent to agent (what request migration costs each time).
 */
export async function benchGateway(sandbox: Sandbox): Promise<BenchReport> {
  const [edge1, edge2] = [clusterNamed(sandbox, 'edge1'), clusterNamed(sandbox, 'edge2')];
  const device = new CounterDevice('bench-gateway', gatewayUrl(edge1), siteOf(sandbox, 'edge1'));
  await device.count();
  const headers = { 'x-blosm-token': device.token };
  const direct = `http://${await addressOf(edge1, device.instanceId)}:8080/count`;
  const ways = {
    direct: { url: direct, headers: {} },
    own: { url: `${gatewayUrl(edge1)}/counter/count`, headers },
    other: { url: `${gatewayUrl(edge2)}/counter/count`, headers },
  };
  const times: Record<keyof typeof ways, number[]> = { direct: [], own: [], other: [] };
  for (let round = 0; round < 5; round += 1) {
    for (const way of ['direct', 'own', 'other'] as const) {
      if (round === 0) await timeEach(ways[way].url, ways[way], WARM_UP);
      times[way].push(...(await timeEach(ways[way].url, ways[way], REQUESTS / 5)));
    }
  }
  const [a, b, c] = [summarize(times.direct), summarize(times.own), summarize(times.other)];
  const row = (what: string, value: number, note: string): Figure => ({ what, unit: 'ms', value, note });
  return {
    bench: 'gateway',
    figures: [
      row('container asked directly, p50', a.p50, `${REQUESTS} requests, one after the other, fsync each`),
      row('gateway, added p50', b.p50 - a.p50, 'target: 1 ms'),
      row('gateway, added p95', b.p95 - a.p95, ''),
      row('request migration, added p50', c.p50 - b.p50, "over the owner's gateway; paper: 361 ms"),
      row('request migration, added p95', c.p95 - b.p95, ''),
    ],
  };
}

export function siteOf({ plan }: Sandbox, name: string): { latitude: number; longitude: number } {
  const found = plan.topology.clusters.find((cluster) => cluster.name === name);
  if (found === undefined) throw new Error(`no cluster ${name}`);
  return found.site;
}

async function addressOf(cluster: ClusterPlan, instanceId: string): Promise<string> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`io.blosm.instance=${instanceId}`] }));
  const text = await callEngine(cluster.engine.socket, `/containers/json?filters=${filters}`);
  const [container] = JSON.parse(text) as { NetworkSettings: { Networks: Record<string, { IPAddress: string }> } }[];
  const [network] = Object.values(container?.NetworkSettings.Networks ?? {});
  if (network === undefined) throw new Error(`${instanceId} has no container on ${cluster.name}`);
  return network.IPAddress;
}
