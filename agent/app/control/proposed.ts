import { BlosmError, type MigrationRecord } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type { Agent } from '../agent';
import { orNull } from '../ledger-cache';

/** Between two looks at what the lane has made of an order, in milliseconds. */
const POLL_MS = 50;
/**
 * How long an order as a whole waits for its effect. The command line waits longer than that for the answer: it is this
 * agent that has to say what has become of the order.
 */
const PATIENCE_MS = 30_000;

/** Until when an order waits, however many things it waits for one after the other. */
export interface Patience {
  /** Milliseconds since 1970. */
  readonly endsAtMs: number;
  readonly signal: AbortSignal | undefined;
}

export const patienceOf = (agent: Agent, { timeoutMs = PATIENCE_MS, signal }: CallOptions): Patience => ({
  endsAtMs: agent.context.clock.nowMs() + timeoutMs,
  signal,
});

/** Looks until there is something; undefined: the time is over. */
export async function pollUntil<T>(
  agent: Agent,
  { endsAtMs, signal }: Patience,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const { clock } = agent.context;
  for (;;) {
    const found = await look();
    if (found !== undefined || clock.nowMs() >= endsAtMs) return found;
    await clock.sleep(POLL_MS, signal);
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
  patience = patienceOf(agent, options),
): Promise<MigrationRecord> {
  const record = await pollUntil(agent, patience, async () => {
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
