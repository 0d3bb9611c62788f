import type { EventName, EventPayload } from '../../chaincode/src/model';
import type { Store } from '../ports/journal';
import type { BlockEvents, EventCheckpoint } from '../ports/ledger';
import type { AgentContext } from './context';
import { allServices } from './catch-up';
import type { InstanceCreator } from './create-instance';
import type { Evaluator } from './evaluator';
import type { InstanceJournal } from './instance-journal';
import type { Lanes } from './lanes';
import type { LeaseKeeper } from './lease-keeper';
import type { LedgerCache } from './ledger-cache';
import type { Promises } from './promises';
import type { SpecLibrary } from './spec-library';

export interface FollowParts {
  readonly context: AgentContext;
  readonly cache: LedgerCache;
  readonly journal: InstanceJournal;
  readonly lanes: Lanes;
  readonly evaluator: Evaluator;
  readonly lease: LeaseKeeper;
  readonly promises: Promises;
  readonly specs: SpecLibrary;
  readonly creator: InstanceCreator;
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
    await save(parts, { genesisSha256, nextBlock: block.blockNumber + 1 });
  }
}

/** Without room on the disk the agent goes on listening: an old checkpoint costs a few blocks after a restart. */
async function save({ checkpoints, context }: FollowParts, checkpoint: EventCheckpoint): Promise<void> {
  await checkpoints.save(checkpoint).catch((error: unknown) => {
    context.log.warn({ nextBlock: checkpoint.nextBlock, error: String(error) }, 'the checkpoint cannot be kept');
  });
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
const ENDS_OFFERS: ReadonlySet<EventName> = new Set([
  'MigrationHandedOver',
  'MigrationCompleted',
  'MigrationAborted',
  'InstanceClaimed',
  'InstanceRecovered',
]);

function take(parts: FollowParts, event: EventPayload): void {
  const { context, lanes, evaluator, lease, promises } = parts;
  lanes.notify(event);
  removeAbandoned(parts, event);
  takeCatalogue(parts, event);
  if (event.suspendedNodeId === context.ledger.nodeId) lease.suspended();
  if (ASKS_FOR_EVALUATION.has(event.name) && event.nodeId !== context.ledger.nodeId) {
    for (const metadataId of metadataIdsOf(event)) void evaluator.answer(metadataId);
  }
  if (ENDS_OFFERS.has(event.name) && event.migrationId !== undefined) promises.release(event.migrationId);
}

/** Its creation was given up before it was committed. */
function removeAbandoned({ journal, lanes }: FollowParts, { name, instanceId }: EventPayload): void {
  if (name !== 'InstanceCreated' || instanceId === undefined) return;
  if (journal.factsOf(instanceId).retirement !== null) lanes.ensure(instanceId);
}

/** What there is to run, and what is not any more. */
function takeCatalogue(parts: FollowParts, { name, serviceId, instanceId = '' }: EventPayload): void {
  if (serviceId !== undefined && name === 'ServiceRegistered') void learnSpec(parts, serviceId);
  if (name === 'ServiceRemoved') void forgetSpecs(parts);
  if (name === 'InstanceRemoved') parts.creator.removed(instanceId);
}

/** Not waited for: what stays now goes with the next service, or after the next start. */
async function forgetSpecs({ context, specs }: FollowParts): Promise<void> {
  await specs
    .keepOnlyNamed(() => allServices(context.ledger))
    .catch((error: unknown) => {
      context.log.info({ error: String(error) }, 'the run specs of removed services stay for now');
    });
}

/** Fetched while the node that registered it is there: later it may be the one that is lost. */
async function learnSpec({ context, cache, specs }: FollowParts, serviceId: string): Promise<void> {
  const service = await cache.service(serviceId).catch(() => null);
  if (service !== null) await specs.learn(service, context.settings.applicationTypes);
}

function metadataIdsOf(event: EventPayload): readonly string[] {
  return event.metadataIds ?? (event.migrationId === undefined ? [] : [event.migrationId]);
}
