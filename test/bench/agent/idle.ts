import { setTimeout as sleep } from 'node:timers/promises';
import { agentPid, type Sandbox } from '../../../network/sandbox';
import type { BenchReport, Figure } from '../report';
import type { AgentBenchOptions } from './options';
import { figuresOf } from './process-figures';

/** Until what a start has left behind is over, in milliseconds. */
const SETTLE_MS = 20_000;
const SAMPLE_MS = 1000;

/** Resident memory and processor time of agents that have nothing to do: no instances, no requests, no migrations. */
export async function benchIdle({ plan }: Sandbox, { minutes, adapter }: AgentBenchOptions): Promise<BenchReport> {
  await sleep(SETTLE_MS);
  const agents = plan.clusters.map((cluster) => ({ name: cluster.name, pid: agentPid(cluster) }));
  const begin = agents.map(({ pid }) => figuresOf(pid).cpuSeconds);
  const startMs = performance.now();
  const rows: { atS: number; agent: string; residentMiB: number; cpuSeconds: number }[] = [];
  while (performance.now() - startMs < minutes * 60_000) {
    await sleep(SAMPLE_MS);
    for (const { name, pid } of agents) {
      const { residentMiB, cpuSeconds } = figuresOf(pid);
      rows.push({ atS: (performance.now() - startMs) / 1000, agent: name, residentMiB, cpuSeconds });
    }
  }
  const seconds = (performance.now() - startMs) / 1000;
  const figures = agents.flatMap(({ name, pid }, index): Figure[] => {
    const resident = rows.filter((row) => row.agent === name).map((row) => row.residentMiB);
    const cpu = (100 * (figuresOf(pid).cpuSeconds - (begin[index] ?? 0))) / seconds;
    const mean = resident.reduce((sum, value) => sum + value, 0) / resident.length;
    return [
      { what: `${name}: resident memory, mean`, unit: 'MiB', value: mean, note: 'target: 150 MB' },
      { what: '- most', unit: 'MiB', value: Math.max(...resident), note: '' },
      { what: '- idle CPU', unit: '%', value: cpu, note: 'of one core; target: 1 %' },
    ];
  });
  return { bench: `agent, idle for ${minutes} minutes, ${adapter}`, figures, rows };
}
