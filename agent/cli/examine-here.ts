import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BlosmError } from '../../chaincode/src/model/errors';
import type { Check, Examination } from '../app/doctor';
import { checkConfig, loadConfig, type ConfigRequest } from '../config/load';
import type { AgentConfig } from '../config/schema';
import { describeFault } from '../config/yaml-file';
import type { OwnAgentLook } from '../domain/doctor/agents';
import { fail, type Finding } from '../domain/doctor/finding';
import { StatusView } from '../ports/control';
import { connectAgent } from './api-client';
import { verboseLog, type Cli } from './io';

/** For each question of a check by itself, in milliseconds. */
const QUESTION_MS = 5_000;
const SANDBOX = 'sandbox';

/**
 * Runs doctor's checks with the configuration of this command line.
 * @param only names of checks; undefined: all, that of the sandbox only where one is kept
 * @throws BlosmError BLOSM_E_INVALID_ARGUMENT for a name that no check has
 */
export async function examineHere(cli: Cli, only?: readonly string[]): Promise<Examination> {
  const { io, options } = cli;
  const [{ examine }, { CHECKS }] = await Promise.all([
    import('../daemon/doctor/index.js'),
    import('../app/doctor/index.js'),
  ]);
  return examine({
    ...readConfig({ file: options.config, env: io.env, cwd: io.cwd }),
    checks: chosen(CHECKS, only, io.cwd),
    call: { signal: io.signal, timeoutMs: options.timeout ?? QUESTION_MS },
    log: verboseLog(cli),
    nowMs: () => io.nowMs(),
    askAgent: () => askAgent(cli),
    missingPrograms: async () => {
      const { missingPrerequisites } = await import('../../network/sandbox/prerequisites.js');
      return missingPrerequisites(io.env['PATH'] ?? '', process.getuid?.());
    },
  });
}

function chosen(checks: readonly Check[], only: readonly string[] | undefined, cwd: string): readonly Check[] {
  if (only === undefined) {
    const hasSandbox = existsSync(join(cwd, '.blosm', SANDBOX));
    return checks.filter(({ name }) => name !== SANDBOX || hasSandbox);
  }
  const names = only.flatMap((each) => each.split(',')).map((name) => name.trim());
  const unknown = names.find((name) => !checks.some((check) => check.name === name));
  if (unknown !== undefined) {
    throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', `there is no check ${unknown}`, {
      stage: 'usage',
      hint: `The checks: ${checks.map(({ name }) => name).join(', ')}.`,
    });
  }
  return checks.filter(({ name }) => names.includes(name));
}

function readConfig(request: ConfigRequest): { config: AgentConfig | null; configFindings: readonly Finding[] } {
  const mend = 'Correct the line that is named, then: blosm config validate.';
  try {
    const { file, reading } = checkConfig(request);
    if (reading.ok) return { config: loadConfig(request).config, configFindings: [] };
    return { config: null, configFindings: reading.faults.map((fault) => fail(describeFault(file, fault), mend)) };
  } catch (error) {
    if (!(error instanceof BlosmError)) throw error;
    return { config: null, configFindings: [fail(error.message.replace(`${error.code}: `, ''), error.hint)] };
  }
}

/** What the agent says of itself; why there is none. An agent that is there and does not answer is none, too. */
async function askAgent(cli: Cli): Promise<{ agent: OwnAgentLook | null; why: string }> {
  try {
    const client = await connectAgent(cli, cli.options.timeout ?? QUESTION_MS);
    const { nodeId, version, ready, dependencies } = await client.get('/v1/status', StatusView);
    const waitsFor = ready ? [] : dependencies.filter(({ state }) => state !== 'ok').map(({ name }) => name);
    return { agent: { nodeId, version, waitsFor }, why: '' };
  } catch (error) {
    return { agent: null, why: error instanceof Error ? error.message.replace(/^BLOSM_E_\w+: /, '') : String(error) };
  }
}
