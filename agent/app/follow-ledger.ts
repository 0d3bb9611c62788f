import type { EventName, EventPayload } from '../../chaincode/src/model';
import type { Store } from '../ports/journal';
import type { BlockEvents, EventCheckpoint } from '../ports/ledger';
import type { AgentContext } from './context';
import type { Evaluator } from './evaluator';
import type { Lanes } from './lanes';
import type { LedgerCache } from './ledger-cache';
import type { Promises } from './promises';

export interface FollowParts {
  readonly context: AgentContext;
  readonly cache: LedgerCache;
  readonly lanes: Lanes;
  readonly evaluator: Evaluator;
  readonly promises: Promises;
  readonly checkpoints: Store<EventCheckpoint>;
}

/**
 * Listens to the channel. Events only say that there is something to look at: everything is read from the ledger, so a
 * repeated or a missed event changes nothing.
 */
export async function followLedger(parts: FollowParts, signal: AbortSignal): Promise<void> {
  const { context, checkpoints } = parts;
  for await (const block of context.ledger.events(await checkpoints.load(), signal)) {
    await takeIn(parts, block, signal);
    // Of the block's own network: it may have been set up anew since the last one.
    const { genesisSha256 } = block;
    await checkpoints.save({ genesisSha256, nextBlock: block.blockNumber + 1 });
  }
}

async function takeIn(parts: FollowParts, block: BlockEvents, signal: AbortSignal): Promise<void> {
  for (const { payload } of block.events) parts.cache.invalidate(payload);
  if (block.events.some(({ payload }) => payload.name.startsWith('Node'))) {
    await parts.cache.nodes().catch(() => undefined);
  }
  for (const { payload } of block.events) {
    if (!signal.aborted) take(parts, payload);
  }
}

const ASKS_FOR_EVALUATION: ReadonlySet<EventName> = new Set(['MigrationProposed', 'MetadataShared']);
/** Whoever was picked has a container by now, which is counted by itself. */
const ENDS_OFFERS: ReadonlySet<EventName> = new Set(['MigrationHandedOver', 'MigrationCompleted', 'MigrationAborted']);

function take({ context, lanes, evaluator, promises }: FollowParts, event: EventPayload): void {
  lanes.notify(event);
  if (ASKS_FOR_EVALUATION.has(event.name) && event.nodeId !== context.ledger.nodeId) {
    for (const metadataId of metadataIdsOf(event)) void evaluator.answer(metadataId);
  }
  if (ENDS_OFFERS.has(event.name) && event.migrationId !== undefined) promises.release(event.migrationId);
}

function metadataIdsOf(event: EventPayload): readonly string[] {
  return event.metadataIds ?? (event.migrationId === undefined ? [] : [event.migrationId]);
}
