import { blosm, gatewayUrl } from '../../../network/clusters';
import { migrationsOf } from '../../../network/demo/ledger-view';
import { waitUntil } from '../../../network/processes';
import { agentPid, type ClusterPlan, type Sandbox } from '../../../network/sandbox';
import { clusterNamed } from '../../support/clusters';
import { CounterDevice } from '../../support/counter-device';
import { siteOf } from '../gateway';
import type { BenchReport, Figure } from '../report';
import type { AgentBenchOptions } from './options';
import { figuresOf } from './process-figures';

const DEADLINE_MS = 300_000;

/** One instance moves to and fro by the registry; what the agents' memory is after each time. */
export async function benchMigrations(sandbox: Sandbox, { migrations }: AgentBenchOptions): Promise<BenchReport> {
  const [edge1, edge2] = [clusterNamed(sandbox, 'edge1'), clusterNamed(sandbox, 'edge2')];
  const device = new CounterDevice('bench-memory', gatewayUrl(edge1), siteOf(sandbox, 'edge1'));
  await device.count();
  const rows: { migration: number; agent: string; residentMiB: number }[] = [];
  const sample = (migration: number): void => {
    for (const { name, pid } of [edge1, edge2].map((c) => ({ name: c.name, pid: agentPid(c) }))) {
      rows.push({ migration, agent: name, residentMiB: figuresOf(pid).residentMiB });
    }
  };
  sample(0);
  for (let done = 1; done <= migrations; done += 1) {
    await move(done % 2 === 1 ? [edge1, edge2] : [edge2, edge1], device.instanceId, done);
    sample(done);
  }
  const figures = [edge1, edge2].flatMap((cluster) => memoryOf(cluster, rows));
  return { bench: `agent, memory over ${migrations} registry migrations`, figures, rows };
}

async function move([from, to]: [ClusterPlan, ClusterPlan], instanceId: string, ends: number): Promise<void> {
  await blosm(from, ['migrate', instanceId, '--to', to.name, '--wait']);
  await waitUntil(
    async () => (await migrationsOf(to, instanceId)).filter(({ state }) => state === 'COMPLETED').length >= ends,
    { deadlineMs: DEADLINE_MS, what: `migration ${ends}` },
  );
}

function memoryOf(
  cluster: ClusterPlan,
  all: readonly { migration: number; agent: string; residentMiB: number }[],
): Figure[] {
  const rows = all.filter((row) => row.agent === cluster.name);
  const { residentMiB: first = NaN } = rows[0] ?? {};
  const { residentMiB: last = NaN } = rows.at(-1) ?? {};
  const quarter = rows.slice(-Math.max(1, Math.floor(rows.length / 4)));
  const half = rows.slice(Math.floor(rows.length / 2), Math.floor((3 * rows.length) / 4));
  const mean = (some: typeof rows): number => some.reduce((sum, row) => sum + row.residentMiB, 0) / some.length;
  return [
    { what: `${cluster.name}: before the first`, unit: 'MiB', value: first, note: '' },
    {
      what: '- after the last',
      unit: 'MiB',
      value: last,
      note: `peak ${figuresOf(agentPid(cluster)).peakMiB.toFixed(0)}`,
    },
    {
      what: '- growth of the last quarter over the one before',
      unit: 'MiB',
      value: half.length === 0 ? 0 : mean(quarter) - mean(half),
      note: 'about 0: no leak',
    },
  ];
}
