import { setTimeout as pass } from 'node:timers/promises';
import { agentReady } from '../../network/clusters';
import { fabricUp } from '../../network/fabric';
import { fabricLayout, ORDERER_PROCESS, peerProcess } from '../../network/fabric/layout';
import { isRunning, readRecord, waitUntil } from '../../network/processes';
import {
  cutLink,
  ensureEngine,
  fabricPlacement,
  killAgent,
  killEngine,
  mendLink,
  openInventory,
  registryAddress,
  startAgent,
  type ClusterPlan,
  type Sandbox,
} from '../../network/sandbox';

/** Something real that goes away and comes back. */
export interface RealFault {
  readonly name: string;
  begin(): Promise<unknown>;
  end(): Promise<unknown>;
}

/** kill -9 of everything that a migration from one cluster to another needs, one at a time. */
export function killsOf(sandbox: Sandbox, source: ClusterPlan, destination: ClusterPlan): RealFault[] {
  const sides = [
    ['source', source],
    ['destination', destination],
  ] as const;
  return [
    ...sides.map(([role, cluster]) => agentFault(role, cluster)),
    ...sides.map(([role, cluster]) => ({ ...peerFault(sandbox, cluster), name: `the peer of the ${role}` })),
    ...sides.map(([role, cluster]) => engineFault(sandbox, role, cluster)),
    fabricFault(sandbox, 'the orderer', ORDERER_PROCESS),
  ];
}

/** kill -9 of a cluster's peer. */
export const peerFault = (sandbox: Sandbox, { name }: ClusterPlan): RealFault =>
  fabricFault(sandbox, `the peer of ${name}`, peerProcess(name));

/** A cable that is pulled and put back after so many milliseconds. */
export const linkFault = (role: string, cluster: ClusterPlan, forMs: number): RealFault => ({
  name: `the link of the ${role}, cut for ${forMs / 1000} s`,
  begin: () => cutLink(cluster),
  end: async () => {
    await pass(forMs);
    await mendLink(cluster);
  },
});

const agentFault = (role: string, cluster: ClusterPlan): RealFault => ({
  name: `the agent of the ${role}`,
  begin: () => killAgent(cluster),
  end: async () => {
    await startAgent(cluster);
    await agentReady(cluster);
  },
});

/** Its containers end with it: the daemon that comes back kills what it finds. */
const engineFault = ({ plan }: Sandbox, role: string, cluster: ClusterPlan): RealFault => ({
  name: `the Docker Engine of the ${role}`,
  begin: () => killEngine(cluster),
  end: () => ensureEngine(cluster, { registry: registryAddress(plan), inventory: openInventory(plan.stateDir) }),
});

const fabricFault = ({ plan }: Sandbox, name: string, processName: string): RealFault => ({
  name,
  begin: async () => {
    const record = readRecord(fabricLayout(plan.stateDir).node(processName).stateFile);
    if (record === undefined) throw new Error(`${processName} was not started`);
    process.kill(record.pid, 'SIGKILL');
    await waitUntil(() => !isRunning(record), { deadlineMs: 20_000, what: `${processName} to be gone` });
  },
  end: () => fabricUp({ topology: plan.topology, stateFolder: plan.stateDir, placement: fabricPlacement(plan) }),
});
