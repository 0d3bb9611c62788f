import type { InstanceRecord } from '../../chaincode/src/model';
import { evacuationOrder } from '../domain/evacuation';
import type { DrainStep } from '../ports/control';
import type { CallOptions } from '../ports/call';
import type { Store } from '../ports/journal';
import type { AgentContext } from './context';
import type { InstanceJournal } from './instance-journal';
import type { Lane } from './lane';
import type { Lanes } from './lanes';
import type { LedgerCache } from './ledger-cache';
import type { Mover } from './mover';
import type { Room, RoomFinder } from './room-finder';

/** So many instances are moved away at once: more would only be in each other's way. */
const AT_ONCE = 4;

/** That the cluster is being drained, on the disk: a restart goes on with it. */
export interface DrainMark {
  /** Milliseconds since 1970; null: it is not. */
  readonly sinceMs: number | null;
}

export interface DrainerParts {
  readonly context: AgentContext;
  readonly cache: LedgerCache;
  readonly journal: InstanceJournal;
  readonly lanes: Lanes;
  readonly mover: Mover;
  readonly rooms: RoomFinder;
  readonly marks: Store<DrainMark>;
}

/** What is known of one instance's way out, in one epoch. */
interface WayOut {
  readonly epoch: number;
  /** Where the migration under way, or the last one, was to go. */
  readonly nodeId: string | null;
  /** Where it came to nothing. */
  readonly failedAt: ReadonlySet<string>;
  /** How often all that could be tried was tried. */
  readonly rounds: number;
  readonly notBeforeMs: number;
  readonly step: DrainStep;
  readonly reason: string;
}

const fresh = (epoch: number): WayOut => ({
  epoch,
  nodeId: null,
  failedAt: new Set(),
  rounds: 0,
  notBeforeMs: 0,
  step: 'waiting',
  reason: 'waits for its turn',
});

export interface DrainItem {
  readonly instance: InstanceRecord;
  readonly step: DrainStep;
  readonly migrationId: string | null;
  readonly nodeId: string | null;
  readonly reason: string;
}

/** Moves everything that this cluster owns to other clusters, while it takes nothing new. */
export class Drainer {
  private mark: DrainMark = { sinceMs: null };
  private readonly ways = new Map<string, WayOut>();
  private readonly gone = new Set<string>();
  private isLooking = false;

  constructor(private readonly parts: DrainerParts) {}

  get sinceMs(): number | null {
    return this.mark.sinceMs;
  }

  /** How many have been moved away. */
  get moved(): number {
    this.countGone();
    return this.gone.size;
  }

  /** What an earlier run began. */
  async load(): Promise<void> {
    this.set((await this.parts.marks.load()) ?? { sinceMs: null });
  }

  /** @throws BlosmError of the ledger, then nothing has begun */
  async begin(options?: CallOptions): Promise<void> {
    const { context, marks } = this.parts;
    await context.ledger.submit('NodeContract:Cordon', [], options);
    if (this.mark.sinceMs !== null) return;
    const mark = { sinceMs: context.clock.nowMs() };
    await marks.save(mark);
    this.set(mark);
    context.log.info({}, 'this cluster is being drained');
  }

  /** @throws BlosmError of the ledger, then nothing is moved any more, but the cluster still takes nothing new */
  async end(options?: CallOptions): Promise<void> {
    const { context, marks } = this.parts;
    await marks.save({ sinceMs: null });
    this.set({ sinceMs: null });
    await context.ledger.submit('NodeContract:Uncordon', [], options);
  }

  /** Called every now and then. Never throws. */
  async look(): Promise<void> {
    if (this.mark.sinceMs === null || this.isLooking) return;
    this.isLooking = true;
    try {
      this.countGone();
      for (const lane of this.parts.lanes.all()) await this.follow(lane);
    } finally {
      this.isLooking = false;
    }
  }

  /** What is still here, or on its way here, as far as has been looked at. */
  items(): DrainItem[] {
    return this.parts.lanes.all().flatMap((lane) => this.itemOf(lane) ?? []);
  }

  /** False while there is something that has not been looked at yet. */
  hasSeenAll(): boolean {
    return this.parts.lanes.all().every(({ state }) => state.view !== null);
  }

  private set(mark: DrainMark): void {
    this.mark = mark;
    this.parts.cache.setDraining(mark.sinceMs !== null);
    this.ways.clear();
    this.gone.clear();
  }

  private itemOf(lane: Lane): DrainItem | null {
    const instance = lane.state.view?.instance ?? null;
    if (instance === null) return null;
    const open = this.parts.journal.factsOf(lane.instanceId).migrations.find(({ closed }) => !closed);
    const migrationId = open?.migrationId ?? instance.openMigrationId;
    if (!this.isOwn(lane)) {
      const isArriving = open !== undefined && open.order !== null;
      return isArriving ? { instance, step: 'arriving', migrationId, nodeId: null, reason: doingOf(lane) } : null;
    }
    const { step, reason, nodeId } = this.wayOf(instance);
    if (!this.parts.mover.isMoving(lane)) return { instance, step, migrationId: null, nodeId: null, reason };
    return { instance, step: 'moving', migrationId, nodeId, reason: doingOf(lane) };
  }

  private wayOf({ instanceId, epoch }: InstanceRecord): WayOut {
    const known = this.ways.get(instanceId);
    return known?.epoch === epoch ? known : fresh(epoch);
  }

  /** Looks at one instance, and starts its migration when it is its turn. */
  private async follow(lane: Lane): Promise<void> {
    const { context, mover } = this.parts;
    const { instanceId } = lane;
    const instance = lane.state.view?.instance ?? null;
    if (instance?.ownerNodeId !== context.ledger.nodeId) return;
    this.gone.delete(instanceId);
    if (mover.isMoving(lane)) return;
    const way = this.settled(instance, this.wayOf(instance));
    this.ways.set(instanceId, way);
    if (context.clock.nowMs() < way.notBeforeMs || this.underWay() >= AT_ONCE) return;
    try {
      this.ways.set(instanceId, await this.goOn(lane, instance, way));
    } catch (error) {
      // A strategy that cannot move it, or a ledger that does not answer now.
      const notBeforeMs = context.clock.nowMs() + context.settings.backoffMs;
      this.ways.set(instanceId, { ...way, notBeforeMs, step: 'refused', reason: messageOf(error) });
    }
  }

  /** What was on its way out and is another cluster's now. */
  private countGone(): void {
    for (const instanceId of this.ways.keys()) {
      const lane = this.parts.lanes.get(instanceId);
      if (lane !== undefined && (lane.state.view === null || this.isOwn(lane))) continue;
      this.ways.delete(instanceId);
      if (lane === undefined ? this.hasMoved(instanceId) : lane.state.view?.instance != null) this.gone.add(instanceId);
    }
  }

  /** Of an instance without a lane the journal tells whether it moved or was removed. */
  private hasMoved(instanceId: string): boolean {
    const last = this.parts.journal.factsOf(instanceId).migrations.at(-1);
    return last?.intent != null && last.failure === null;
  }

  private isOwn({ state }: Lane): boolean {
    return state.view?.instance?.ownerNodeId === this.parts.context.ledger.nodeId;
  }

  private underWay(): number {
    const { lanes, mover } = this.parts;
    return lanes.all().filter((lane) => this.isOwn(lane) && mover.isMoving(lane)).length;
  }

  /** A migration that is over and has moved nothing has failed where it was to go. */
  private settled({ instanceId }: InstanceRecord, way: WayOut): WayOut {
    if (way.nodeId === null) return way;
    const failure = this.parts.journal.factsOf(instanceId).migrations.at(-1)?.failure;
    const reason = failure == null ? 'the migration did not come about' : `${failure.stage}: ${failure.reason}`;
    return { ...way, nodeId: null, failedAt: new Set([...way.failedAt, way.nodeId]), step: 'failed', reason };
  }

  private async goOn(lane: Lane, instance: InstanceRecord, way: WayOut): Promise<WayOut> {
    const { context, cache, mover, rooms } = this.parts;
    const { settings, ledger, clock } = context;
    const service = await cache.service(instance.serviceId);
    const nodes = cache.nodesNow();
    const order = evacuationOrder(ledger.nodeId, nodes, lane.coverage?.position ?? null);
    const untried = order.filter(({ nodeId }) => !way.failedAt.has(nodeId));
    if (service === null || order.length === 0) return { ...way, step: 'refused', reason: NOBODY };
    const found = await rooms.find(
      untried.map(({ nodeId }) => nodeId),
      service,
    );
    const target = 'nodeId' in found ? order.find(({ nodeId }) => nodeId === found.nodeId) : undefined;
    if (target !== undefined) {
      await mover.start(lane, 'operator', settings.strategy, target);
      rooms.taken(target.nodeId, service);
      return { ...way, nodeId: target.nodeId };
    }
    const pauseMs = settings.backoffMs * Math.min(16, 2 ** Math.min(30, way.rounds));
    const again = { failedAt: new Set<string>(), rounds: way.rounds + 1, notBeforeMs: clock.nowMs() + pauseMs };
    if (way.failedAt.size > 0) return { ...way, ...again };
    // What the others say is asked again as soon as it is not believed any more.
    const refusals = 'refusals' in found ? found.refusals : [];
    const name = ({ nodeId }: Room): string => nodes.find((node) => node.nodeId === nodeId)?.name ?? nodeId;
    const reason = `no cluster has room: ${refusals.map((room) => `${name(room)}: ${room.reason}`).join('; ')}`;
    return { ...way, step: 'refused', reason };
  }
}

const NOBODY = 'there is no other active cluster that takes in what is new';

function doingOf({ state: { plan } }: Lane): string {
  return plan?.kind === 'wait' ? plan.reason : (plan?.step.name ?? '');
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
