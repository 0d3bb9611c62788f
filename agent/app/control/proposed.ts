import { BlosmError, type MigrationRecord } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type { Agent } from '../agent';
import { orNull } from '../ledger-cache';

/** Between two looks at what the lane has made of an order, in milliseconds. */
const POLL_MS = 50;
const PATIENCE_MS = 30_000;

/** Looks until there is something; undefined: the time is over. */
export async function pollUntil<T>(
  agent: Agent,
  options: CallOptions,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const { clock } = agent.context;
  const deadlineMs = clock.nowMs() + (options.timeoutMs ?? PATIENCE_MS);
  for (;;) {
    const found = await look();
    if (found !== undefined || clock.nowMs() >= deadlineMs) return found;
    await clock.sleep(POLL_MS, options.signal);
  }
}

/**
 * Waits until the ledger has the migration, or the intent has failed.
 * @throws BlosmError BLOSM_E_WRONG_STATE, BLOSM_E_TIMEOUT
 */
export async function proposed(
  agent: Agent,
  instanceId: string,
  migrationId: string,
  options: CallOptions,
): Promise<MigrationRecord> {
  const record = await pollUntil(agent, options, async () => {
    const found = await orNull(agent.context.ledger.query('MigrationContract:Get', [migrationId], options));
    const facts = agent.journal.factsOf(instanceId).migrations.find((m) => m.migrationId === migrationId);
    if (found === null && facts?.failure != null) {
      throw new BlosmError('BLOSM_E_WRONG_STATE', `not proposed: ${facts.failure.reason}`, { stage: 'propose' });
    }
    return found ?? undefined;
  });
  if (record !== undefined) return record;
  throw new BlosmError('BLOSM_E_TIMEOUT', `${migrationId} is not on the ledger yet`, { stage: 'propose' });
}
