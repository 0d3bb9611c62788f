import { startAgent, stopAgent, type Sandbox } from '../../../network/sandbox';
import type { BenchReport } from '../report';
import { benchIdle } from './idle';
import { benchMigrations } from './migrations';
import { agentEnvironment, type AgentBenchOptions, type AgentPart } from './options';
import { benchRestart } from './restart';

const PARTS: Readonly<Record<AgentPart, (sandbox: Sandbox, options: AgentBenchOptions) => Promise<BenchReport>>> = {
  idle: benchIdle,
  restart: benchRestart,
  migrations: benchMigrations,
};

/** What the agent costs and how soon it is back: `npm run bench -- agent [--minutes N] [--migrations N]`. */
export async function benchAgent(
  sandbox: Sandbox,
  options: AgentBenchOptions,
  onReport: (report: BenchReport) => void,
  say: (line: string) => void,
): Promise<void> {
  for (const cluster of sandbox.plan.clusters) {
    await stopAgent(cluster);
    await startAgent(cluster, { env: agentEnvironment(options) });
  }
  for (const part of options.parts) {
    say(`agent: ${part}`);
    onReport(await PARTS[part](sandbox, options));
  }
}
