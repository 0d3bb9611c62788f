import { loadConfig } from '../../config/load';
import type { Cli } from '../io';

/** `blosm agent run`: until it is interrupted. */
export async function agentRun({ io, options }: Cli): Promise<undefined> {
  const { config } = loadConfig({ file: options.config, env: io.env, cwd: io.cwd });
  const { runAgent } = await import('../../daemon/run.js');
  await runAgent(config, { signal: io.signal });
}
