import { join } from 'node:path';
import { z } from 'zod';
import { RunSpec } from '../../../chaincode/src/model';
import { readJournalTail, readStore } from '../../adapters/journal';
import type { AgentConfig } from '../../config/schema';
import type { CallOptions } from '../../ports/call';
import type { JournalEntry } from '../../ports/journal';
import type { Log } from '../../ports/log';
import { connectEngine, registryOf } from '../engine';

/** What only this machine can tell, whether an agent runs or not. */
export interface Inside {
  /** Null with the reason: it cannot be read. */
  readonly journal: readonly JournalEntry[] | { readonly why: string };
  readonly engine: object;
  /** Values that are known here and must leave it nowhere. */
  readonly secrets: readonly string[];
}

/** Looks into the agent's state and its engine. Never fails. @param count of the journal's newest entries */
export async function lookInside(config: AgentConfig, count: number, log: Log, call: CallOptions): Promise<Inside> {
  const [journal, engine, secrets] = await Promise.all([
    readJournalTail(config.state.directory, count).catch((error: unknown) => ({ why: String(error) })),
    lookAtEngine(config, log, call).catch((error: unknown) => ({ why: String(error) })),
    secretsOf(config),
  ]);
  return { journal, engine, secrets };
}

async function lookAtEngine(config: AgentConfig, log: Log, call: CallOptions): Promise<object> {
  const { engine } = await connectEngine(config, log);
  const [observed, containers] = await Promise.all([
    engine.observe(call),
    engine.listContainers(config.cluster.mspId, call),
  ]);
  return { ...observed, containers };
}

/** The registry's password, and what services were given under the promise that it stays secret. */
async function secretsOf({ registry, state }: AgentConfig): Promise<readonly string[]> {
  const password = await registryOf(registry).then(
    ({ auth }) => auth?.password ?? '',
    () => '',
  );
  const file = join(state.directory, 'run-specs.json');
  const specs = await readStore(file, z.record(z.string(), RunSpec)).catch(() => null);
  const variables = Object.values(specs ?? {}).flatMap(({ env }) => env);
  return [password, ...variables.filter(({ secret }) => secret).map(({ value }) => value)];
}
