import { loadConfig } from '../../config/load';
import { configRequest, type SetOptions } from '../config-request';
import type { Cli } from '../io';
import type { Invocation } from './handler';

/** `blosm agent run`: until it is interrupted. */
export async function agentRun(cli: Cli, { options }: Invocation<SetOptions>): Promise<undefined> {
  const { config } = loadConfig(configRequest(cli, options));
  const { runAgent } = await import('../../daemon/run.js');
  await runAgent(config, { signal: cli.io.signal });
}
