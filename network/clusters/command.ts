import { resolve } from 'node:path';
import { packageRoot } from '../package-root';
import { runCommand } from '../processes';
import { inNamespace, type ClusterPlan } from '../sandbox';

const COMMAND_TIMEOUT_MS = 120_000;

/**
 * Runs `blosm ARGS` as the operator of a cluster would, on its edge master; gives what it prints.
 * @throws BlosmError BLOSM_E_COMMAND_FAILED
 */
export async function blosm(cluster: ClusterPlan, args: readonly string[], signal?: AbortSignal): Promise<string> {
  const program = resolve(packageRoot(), 'agent/bin/blosm.js');
  const command = [process.execPath, program, '--config', cluster.agent.config, ...args];
  const { stdout } = await runCommand(command, {
    commandPrefix: inNamespace(cluster.namespace),
    timeoutMs: COMMAND_TIMEOUT_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  return stdout;
}
