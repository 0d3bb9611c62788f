import type { Sandbox } from '../../../network/sandbox';
import type { BenchReport } from '../report';
import { benchGatewayAlone } from './gateway';

/** What the parts of the agent's bench are given. */
export interface AgentBenchRun {
  readonly say: (line: string) => void;
  /** Brings three clusters up, once for all parts that need them. */
  readonly sandbox: () => Promise<Sandbox>;
}

/** `npm run bench -- agent [PART...]`: all of these when none is named. */
export const AGENT_PARTS: Readonly<Record<string, (run: AgentBenchRun) => Promise<BenchReport[]>>> = {
  gateway: async ({ say }) => [await benchGatewayAlone(say)],
};
