import type { Sandbox } from '../../../network/sandbox';
import type { BenchReport } from '../report';
import { benchGatewayAlone } from './gateway';
import { benchIdle } from './idle';
import { benchMigrations } from './migrations';
import type { AgentBenchOptions } from './options';
import { benchRestart } from './restart';

/** What the parts of the agent's bench are given. */
export interface AgentBenchRun {
  readonly say: (line: string) => void;
  /** Brings three clusters up, once for all parts that need them. */
  readonly sandbox: () => Promise<Sandbox>;
  readonly options: AgentBenchOptions;
}

/** `npm run bench -- agent [PART...]`: all of these when none is named. */
export const AGENT_PARTS: Readonly<Record<string, (run: AgentBenchRun) => Promise<BenchReport[]>>> = {
  gateway: async ({ say }) => [await benchGatewayAlone(say)],
  idle: async ({ sandbox, options }) => [await benchIdle(await sandbox(), options)],
  restart: async ({ sandbox, options }) => [await benchRestart(await sandbox(), options)],
  migrations: async ({ sandbox, options }) => [await benchMigrations(await sandbox(), options)],
};
