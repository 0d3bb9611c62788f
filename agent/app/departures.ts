import type { InstanceRecord } from '../../chaincode/src/model';
import {
  attempted,
  chancesOf,
  forgetGone,
  mayAsk,
  standingChances,
  takers,
  whomToAsk,
  type Attempts,
  type ChanceFacts,
  type RoomWord,
} from '../domain/chances';
import { hasLeft, type CoverageMemory } from '../domain/coverage';
import { holdAfter, type Hold } from '../domain/hold';
import type { AgentContext } from './context';
import type { InstanceJournal } from './instance-journal';
import type { Lane } from './lane';
import { orNull, type LedgerCache } from './ledger-cache';
import type { Mover } from './mover';
import type { RoomFinder } from './room-finder';

export interface DepartureParts {
  readonly context: AgentContext;
  readonly cache: LedgerCache;
  readonly journal: InstanceJournal;
  readonly mover: Mover;
  readonly rooms: RoomFinder;
}

/** A device that has left, with an instance of this cluster. */
interface Departure {
  readonly instance: InstanceRecord;
  readonly coverage: CoverageMemory;
}

/** Algorithm 3, line 18: an instance is to move when its device has left, and again when there is a new chance. */
export class Departures {
  private readonly attempts = new Map<string, Attempts>();
  /** By instance; a hold of null: the instance is free to go. */
  private readonly holds = new Map<string, { readonly epoch: number; readonly hold: Hold | null | undefined }>();
  private readonly underWay = new Set<string>();

  constructor(private readonly parts: DepartureParts) {}

  /** Called after each position of a device whose instance runs here. Never throws. */
  reported(lane: Lane): Promise<void> {
    return this.consider(lane, true);
  }

  /** Called every now and then: time may have passed, and other clusters may have changed. Never throws. */
  async look(lanes: readonly Lane[]): Promise<void> {
    const known = new Set(lanes.map(({ instanceId }) => instanceId));
    for (const memory of [this.attempts, this.holds]) {
      for (const instanceId of memory.keys()) if (!known.has(instanceId)) memory.delete(instanceId);
    }
    await Promise.all(lanes.map((lane) => this.consider(lane, false)));
  }

  /** True while an operator's order keeps it here, as of its device's last position. */
  isHeldNow(instanceId: string): boolean {
    return this.holds.get(instanceId)?.hold != null;
  }

  /** What has been tried to move it at this epoch; undefined: nothing since the start. */
  attemptsOf(instanceId: string, epoch: number): Attempts | undefined {
    const attempts = this.attempts.get(instanceId);
    return attempts?.epoch === epoch ? attempts : undefined;
  }

  private async consider(lane: Lane, isReport: boolean): Promise<void> {
    const { instanceId } = lane;
    if (lane.coverage === undefined || this.underWay.has(instanceId)) return;
    this.underWay.add(instanceId);
    try {
      const departure = await this.departureOf(lane);
      if (departure !== undefined) await this.ask(lane, departure, isReport);
    } catch (error) {
      this.parts.context.log.warn({ instanceId, error: String(error) }, 'the instance cannot be moved');
    } finally {
      this.underWay.delete(instanceId);
    }
  }

  /** The device, when it has left by a position that still counts and nothing holds its instance here. */
  private async departureOf(lane: Lane): Promise<Departure | undefined> {
    const { context, mover } = this.parts;
    const { settings, ledger, clock } = context;
    const { coverage } = lane;
    const instance = lane.state.view?.instance;
    const nowMs = clock.nowMs();
    if (coverage === undefined || instance?.ownerNodeId !== ledger.nodeId) return undefined;
    if (nowMs - coverage.atMs > settings.positionMs || (await this.isHeld(instance, coverage))) return undefined;
    const isLeaving = hasLeft(coverage, settings.hysteresis, nowMs) && !mover.isMoving(lane);
    return isLeaving ? { instance, coverage } : undefined;
  }

  private async ask(lane: Lane, { instance, coverage }: Departure, isReport: boolean): Promise<void> {
    const { context, cache, mover } = this.parts;
    const { instanceId, epoch } = instance;
    const { settings, ledger, clock } = context;
    const nodes = cache.nodesNow();
    const { position, elsewhere } = coverage;
    const attempts = this.attemptsOf(instanceId, epoch);
    const failedAt = attempts === undefined ? null : this.stageOfFailure(instanceId);
    const facts = { me: ledger.nodeId, nodes, position, failedAt };
    const words = await this.words(instance, facts);
    const chances = chancesOf({ ...facts, words });
    if (attempts !== undefined) this.attempts.set(instanceId, forgetGone(attempts, chances));
    // Nobody could take it: the covering cluster, if there is one, goes on forwarding what the device sends.
    if (takers(ledger.nodeId, nodes, position).length === 0) return;
    const question = { epoch, chances, nowMs: clock.nowMs(), backoffMs: settings.backoffMs, isReport };
    if (!mayAsk(this.attempts.get(instanceId), question)) return;
    this.attempts.set(instanceId, attempted(attempts, question, standingChances({ ...facts, words })));
    await mover.start(lane, elsewhere ? 'reconnect' : 'coverage-exit', settings.strategy, null);
  }

  private stageOfFailure(instanceId: string): string | null {
    return this.parts.journal.factsOf(instanceId).migrations.at(-1)?.failure?.stage ?? null;
  }

  private async words(
    { serviceId }: InstanceRecord,
    facts: Omit<ChanceFacts, 'words'>,
  ): Promise<ReadonlyMap<string, RoomWord>> {
    const nodeIds = whomToAsk(facts);
    const service = nodeIds.length === 0 ? null : await this.parts.cache.service(serviceId);
    if (service === null) return new Map();
    const rooms = await Promise.all(nodeIds.map((nodeId) => this.parts.rooms.ask(nodeId, service)));
    return new Map(rooms.map((room) => [room.nodeId, room]));
  }

  /** True while an operator's order keeps the instance away from its device, see {@link Hold}. */
  private async isHeld(instance: InstanceRecord, { position }: CoverageMemory): Promise<boolean> {
    const { context, cache } = this.parts;
    const { instanceId, epoch } = instance;
    let known = this.holds.get(instanceId);
    if (known?.epoch !== epoch) {
      const isOrdered = await this.isOrdered(instance).catch(() => undefined);
      // While the ledger cannot be asked nothing can be proposed either.
      if (isOrdered === undefined) return true;
      known = { epoch, hold: isOrdered ? undefined : null };
    }
    const before = known.hold;
    const hold = before === null ? null : holdAfter(before, context.ledger.nodeId, cache.nodesNow(), position);
    this.holds.set(instanceId, { epoch, hold });
    return hold !== null;
  }

  /** True when an operator named this cluster for the migration that brought the instance here. */
  private async isOrdered({ instanceId, epoch }: InstanceRecord): Promise<boolean> {
    const { context, journal } = this.parts;
    const { ledger } = context;
    const arrivals = journal.factsOf(instanceId).migrations.filter(({ order }) => order?.epoch === epoch - 1);
    const records = await Promise.all(
      arrivals.map(({ migrationId }) => orNull(ledger.query('MigrationContract:Get', [migrationId]))),
    );
    return records.some(
      (record) =>
        record?.trigger === 'operator' &&
        record.destinationNodeId === ledger.nodeId &&
        record.requestedDestination === ledger.nodeId,
    );
  }
}
