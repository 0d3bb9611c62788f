import type { RunSpec } from '../../chaincode/src/model';
import { BlosmError } from '../../chaincode/src/model';
import { describeShortages } from '../domain/capacity';
import { refusedRequests } from '../domain/evaluation';
import { phasesOf } from '../domain/timeline';
import type {
  DestinationProgress,
  ImageOrder,
  PeerHandlers,
  PickOrder,
  PositionMessage,
  RoomAnswer,
  RoomRequest,
  TokenFacts,
} from '../ports/peers';
import type { AgentContext } from './context';
import type { Evaluator } from './evaluator';
import { digestOf } from './hashing';
import type { InstanceJournal } from './instance-journal';
import type { Lanes } from './lanes';
import { orNull, type LedgerCache } from './ledger-cache';
import type { SystemObserver } from './observe-system';
import type { PositionRelay } from './position-relay';
import { sharedBy, type Promises } from './promises';
import type { ServiceJudge } from './service-judge';
import type { SpecLibrary } from './spec-library';
import type { TokenKeeper } from './token-keeper';

/** How long the own peer may take to catch up with the caller's, in milliseconds: less than a call may take. */
const FRESH_TIMEOUT_MS = 4000;
/** What a pick repeats of the migration's record. */
const AGREED = ['serviceId', 'epoch', 'strategy'] as const;

export interface PeerHandlerParts {
  readonly context: AgentContext;
  readonly cache: LedgerCache;
  readonly journal: InstanceJournal;
  readonly lanes: Lanes;
  readonly promises: Promises;
  readonly system: SystemObserver;
  readonly specs: SpecLibrary;
  readonly evaluator: Evaluator;
  readonly judge: ServiceJudge;
  readonly positions: PositionRelay;
  readonly tokens: TokenKeeper;
}

/** What this agent answers to other agents. */
export class AgentPeerHandlers implements PeerHandlers {
  constructor(private readonly parts: PeerHandlerParts) {}

  async room(_caller: string, { serviceId, need }: RoomRequest): Promise<RoomAnswer> {
    const service = await this.parts.cache.service(serviceId);
    const word = service === null ? null : await this.parts.judge.ownWord(service);
    const seen = await this.parts.system.observe();
    const { remaining } = seen;
    if (service === null || word === null) {
      return { hasRoom: false, remaining, reason: `there is no service ${serviceId} on the ledger` };
    }
    const isHere = seen.sharedHere.has(sharedBy(service));
    const short = isHere ? [] : describeShortages(need, remaining);
    const reason = [...this.parts.judge.unfit(service, word, seen), ...short].join('; ');
    return { hasRoom: reason === '', remaining, reason };
  }

  /**
   * Believes nothing but the ledger: the caller must own the instance, the offer must be ours, the spec the agreed one,
   * and what is reserved is what the service was registered to need.
   */
  async pick(caller: string, order: PickOrder): Promise<void> {
    const { context, promises, specs, lanes } = this.parts;
    const { migrationId, instanceId } = order;
    if ((await this.refusalOf(caller, order)) !== null) {
      // The caller's peer may be ahead of ours: what we do not see yet is no reason to refuse.
      await context.ledger.freshView({ timeoutMs: FRESH_TIMEOUT_MS });
      const reason = await this.refusalOf(caller, order);
      if (reason !== null) throw refused(reason);
    }
    const service = await this.parts.cache.service(order.serviceId);
    if (service === null) throw refused(`there is no service ${order.serviceId} on the ledger`);
    const { need } = service;
    promises.pick(migrationId, need, sharedBy(service));
    const { spec, ...kept } = order;
    await specs.keep(spec);
    await this.once(instanceId, migrationId, 'order', { ...kept, need });
    lanes.ensure(instanceId);
    context.log.info({ migrationId, instanceId, caller }, 'picked');
  }

  /** Why the order is not taken, as far as the own peer knows; null: it is. */
  private async refusalOf(caller: string, order: PickOrder): Promise<string | null> {
    const { context } = this.parts;
    const { migrationId, instanceId, spec } = order;
    const migration = await orNull(context.ledger.query('MigrationContract:Get', [migrationId]));
    const isOpen = migration?.state === 'PROPOSED' && migration.instanceId === instanceId;
    if (migration?.sourceNodeId !== caller || !isOpen) return `${migrationId} is not a migration of yours`;
    const wrong = AGREED.find((field) => order[field] !== migration[field]);
    if (wrong !== undefined) return `its ${wrong} is ${migration[wrong]} on the ledger, not ${order[wrong]}`;
    if (digestOf(spec) !== migration.specSha256) return 'the run spec is not the one on the ledger';
    if (!(await this.isOffered(instanceId, migrationId))) return `this cluster has no open offer for ${migrationId}`;
    const unwanted = refusedRequests(spec, context.settings.allow);
    return unwanted.length > 0 ? unwanted.join('; ') : null;
  }

  /** A node that was picked already may be told so again after its offer has expired. */
  private async isOffered(instanceId: string, migrationId: string): Promise<boolean> {
    const known = this.parts.journal.factsOf(instanceId).migrations.find((m) => m.migrationId === migrationId);
    return known?.order != null || (await this.parts.evaluator.hasOffered(migrationId));
  }

  async image(caller: string, image: ImageOrder): Promise<void> {
    const { context, lanes } = this.parts;
    const migration = await context.ledger.query('MigrationContract:Get', [image.migrationId]);
    if (migration.sourceNodeId !== caller) throw refused(`${image.migrationId} is not a migration of yours`);
    await this.once(migration.instanceId, image.migrationId, 'image', image);
    lanes.ensure(migration.instanceId);
  }

  progress(_caller: string, migrationId: string): Promise<DestinationProgress> {
    const { context, journal } = this.parts;
    const entries = journal.entriesOf(migrationId);
    const phases = phasesOf(entries, migrationId).map(({ name, startMs, endMs, transactionId }) => ({
      ...{ name, startMs, endMs, transactionId },
    }));
    const instanceId = entries[0]?.instanceId ?? '';
    const facts = journal.factsOf(instanceId).migrations.find((m) => m.migrationId === migrationId);
    const failure = facts?.failure ?? null;
    const sinceMs = entries.at(-1)?.atMs ?? context.clock.nowMs();
    const detail = failure === null ? '' : `${failure.stage}: ${failure.reason}`;
    const stage = failure === null ? stageOf(phases.at(-1)?.name, facts !== undefined) : 'failed';
    return Promise.resolve({ migrationId, stage, detail, sinceMs, phases });
  }

  /** The secret reaches a device's requests: only who owns the instance by now is told. */
  async token(caller: string, migrationId: string): Promise<TokenFacts> {
    const { context, cache, tokens } = this.parts;
    // The new owner has seen the hand-over; our peer may be behind.
    await context.ledger.freshView({ timeoutMs: FRESH_TIMEOUT_MS });
    const migration = await context.ledger.query('MigrationContract:Get', [migrationId]);
    const instance = await cache.readInstance(migration.instanceId);
    const isOurs = migration.sourceNodeId === context.ledger.nodeId && migration.state === 'HANDED_OVER';
    if (isOurs && instance?.ownerNodeId === caller && instance.openMigrationId === migrationId) {
      return tokens.factsOf(instance);
    }
    throw refused(`${migrationId} has not made you the owner`, 'token');
  }

  async runSpec(_caller: string, serviceId: string): Promise<RunSpec> {
    const service = await this.parts.cache.service(serviceId);
    const spec = service === null ? undefined : this.parts.specs.bySha256(service.specSha256);
    if (spec !== undefined) return spec;
    throw new BlosmError('BLOSM_E_NOT_FOUND', `no run spec of ${serviceId} here`, { stage: 'run-spec' });
  }

  /** Where a device of an instance of this cluster is, from the cluster that it has told. */
  position(_caller: string, message: PositionMessage): Promise<void> {
    return this.parts.positions.take(message);
  }

  /** A repeated order changes nothing. */
  private async once(instanceId: string, migrationId: string, name: 'order' | 'image', detail: unknown): Promise<void> {
    const { journal } = this.parts;
    const known = journal.factsOf(instanceId).migrations.find((m) => m.migrationId === migrationId);
    if (known?.[name] == null) await journal.appendFact(instanceId, migrationId, name, detail);
  }
}

const refused = (message: string, stage = 'pick'): BlosmError =>
  new BlosmError('BLOSM_E_FORBIDDEN', message, { stage });

const STAGE_AFTER: Readonly<Record<string, DestinationProgress['stage'] | undefined>> = {
  pull: 'pulling',
  create: 'starting',
  start: 'starting',
  warm: 'warming',
  prepare: 'prepared',
  complete: 'serving',
};

function stageOf(lastPhase: string | undefined, isPicked: boolean): DestinationProgress['stage'] {
  return STAGE_AFTER[lastPhase ?? ''] ?? (isPicked ? 'picked' : 'unknown');
}
