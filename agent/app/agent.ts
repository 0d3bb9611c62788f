import { setMaxListeners } from 'node:events';
import type { BlosmError, RunSpec } from '../../chaincode/src/model';
import type { Store } from '../ports/journal';
import type { EventCheckpoint } from '../ports/ledger';
import type { TokenRecord } from '../domain/token';
import type { PeerDirectory, PeerHandlers } from '../ports/peers';
import { ActivityBook, type LastUses } from './activity';
import { catchUp } from './catch-up';
import { Claimer } from './claimer';
import type { AgentContext } from './context';
import { InstanceCreator } from './create-instance';
import { Departures } from './departures';
import { Drainer, type DrainMark } from './drainer';
import { Evaluator } from './evaluator';
import { createExecute } from './execute';
import { EngineFollower } from './follow-engine';
import { followLedger } from './follow-ledger';
import { InstanceJournal } from './instance-journal';
import { LeaseKeeper } from './lease-keeper';
import { Lanes } from './lanes';
import { LedgerCache } from './ledger-cache';
import { LedgerMemory, type RememberedLedger } from './ledger-memory';
import { Loops } from './loops';
import { Mover } from './mover';
import { NodeDirectory } from './node-directory';
import { LaneObserver } from './observe-lane';
import { SystemObserver } from './observe-system';
import { AgentPeerHandlers } from './peer-handlers';
import { Promises } from './promises';
import type { ProposalCommits } from './proposal-commits';
import { announceProfile } from './register-node';
import { RoomFinder } from './room-finder';
import { AgentRouter } from './router';
import { ServiceJudge } from './service-judge';
import { withSharedLists } from './shared-lists';
import { SharedContainers } from './shared-containers';
import { SpecLibrary } from './spec-library';
import { TokenKeeper } from './token-keeper';

/** How often the agent shows that it is alive and looks after devices that have left, in milliseconds. */
const TICK_MS = 1000;
/** How often it is looked whether the journal has grown enough to be rewritten. */
const TIDY_MS = 60_000;

export interface AgentStores {
  readonly checkpoints: Store<EventCheckpoint>;
  readonly specs: Store<Record<string, RunSpec>>;
  readonly activity: Store<LastUses>;
  /** Holds secrets. */
  readonly tokens: Store<Record<string, TokenRecord>>;
  readonly drains: Store<DrainMark>;
  readonly memory: Store<RememberedLedger>;
}

/** All parts of one node, put together. The daemon gives the adapters and connects the servers to what is exposed. */
export class Agent {
  readonly journal: InstanceJournal;
  readonly promises: Promises;
  readonly shared: SharedContainers;
  readonly system: SystemObserver;
  readonly specs: SpecLibrary;
  readonly tokens: TokenKeeper;
  readonly memory: LedgerMemory;
  readonly evaluator: Evaluator;
  readonly lease: LeaseKeeper;
  readonly lanes: Lanes;
  readonly mover: Mover;
  readonly departures: Departures;
  readonly rooms: RoomFinder;
  readonly drainer: Drainer;
  readonly router: AgentRouter;
  readonly peerHandlers: PeerHandlers;
  readonly directory: PeerDirectory;
  readonly creator: InstanceCreator;
  private readonly proposals: ProposalCommits;
  private readonly engineFollower: EngineFollower;
  readonly context: AgentContext;
  private readonly activities: ActivityBook;
  private readonly stopping = new AbortController();
  private readonly displacement = new AbortController();
  private readonly loops: Loops;
  private fresh = false;
  private tickAtMs: number;

  constructor(
    parts: AgentContext,
    private readonly stores: AgentStores,
    readonly cache: LedgerCache = new LedgerCache(parts.ledger),
  ) {
    const lists = withSharedLists(parts.engine, parts.clock);
    const context = { ...parts, engine: lists.engine };
    this.context = context;
    const { ledger, peers, journal, clock, log } = context;
    // Every lane waits on it, however many there are.
    setMaxListeners(0, this.stopping.signal);
    this.tickAtMs = clock.nowMs();
    this.loops = new Loops(clock, log, this.stopping.signal);
    this.directory = new NodeDirectory(this.cache);
    this.journal = new InstanceJournal(journal, clock);
    this.promises = new Promises(clock);
    this.shared = new SharedContainers(context.engine, ledger.nodeId);
    this.system = new SystemObserver(context, this.promises);
    this.specs = new SpecLibrary(ledger.nodeId, peers, stores.specs, log);
    this.tokens = new TokenKeeper(context, stores.tokens);
    this.memory = new LedgerMemory(ledger.nodeId, stores.memory, log);
    this.cache.rememberBy(this.memory);
    this.activities = new ActivityBook(stores.activity, clock, log);
    const judge = new ServiceJudge(context, this.cache, this.specs);
    this.evaluator = new Evaluator(context, this.cache, this.system, this.promises, judge, this.stopping.signal);
    this.lease = new LeaseKeeper(context, this.cache, this.stopping.signal, (why) => this.giveWay(why));
    const observer = new LaneObserver(context, this.cache, this.journal, this.specs, this.shared);
    const { journal: entries, promises, shared, tokens, activities } = this;
    const execute = createExecute({ context, journal: entries, promises, shared, tokens });
    const laneParts = { context, observer, journal: entries, execute, activities, isFresh: () => this.fresh };
    this.lanes = new Lanes(laneParts, this.stopping.signal, (instanceId) => this.ended(instanceId));
    lists.onContainers((nodeId, listed) => {
      if (nodeId === ledger.nodeId) for (const lane of this.lanes.all()) lane.compare(listed);
    });
    this.engineFollower = new EngineFollower({ context, lists, lanes: this.lanes, shared });
    this.proposals = observer.proposals;
    this.mover = new Mover(context, this.cache, this.journal, this.specs);
    this.creator = new InstanceCreator(context, this.cache, this.journal, this.promises, this.lanes);
    this.rooms = new RoomFinder(context);
    const { rooms, mover } = this;
    this.departures = new Departures({ context, cache: this.cache, journal: this.journal, mover, rooms });
    const { lanes } = this;
    this.drainer = new Drainer({
      ...{ context, cache: this.cache, journal: this.journal, lanes, mover, rooms },
      marks: stores.drains,
    });
    const claimer = new Claimer({ context, cache: this.cache, system: this.system, promises, judge });
    this.router = new AgentRouter({
      context,
      cache: this.cache,
      claimer,
      lanes: this.lanes,
      creator: this.creator,
      departures: this.departures,
      system: this.system,
      rooms,
      promises: this.promises,
      judge,
      tokens: this.tokens,
    });
    this.peerHandlers = new AgentPeerHandlers({
      context,
      cache: this.cache,
      journal: this.journal,
      lanes: this.lanes,
      promises: this.promises,
      system: this.system,
      specs: this.specs,
      evaluator: this.evaluator,
      judge,
      positions: this.router.positions,
      tokens: this.tokens,
    });
  }

  /** True once the own peer has caught up with the orderer since the start. */
  get isFresh(): boolean {
    return this.fresh;
  }

  /** When the main loop last ran, in milliseconds since 1970. */
  get lastTickAtMs(): number {
    return this.tickAtMs;
  }

  /** Fires, with a BlosmError as its reason, when another agent of this cluster works: this one does nothing any more. */
  get displaced(): AbortSignal {
    return this.displacement.signal;
  }

  /** Reads what an earlier run left and starts all loops. @throws BlosmError BLOSM_E_JOURNAL */
  async start(): Promise<void> {
    await this.journal.load();
    await this.specs.load();
    await this.activities.load();
    await this.tokens.load();
    await this.memory.load();
    await this.drainer.load();
    for (const { migrationId, order } of this.journal.orders()) this.promises.pick(migrationId, order.need);
    this.proposals.follow((instanceId) => this.lanes.get(instanceId)?.wake(), this.stopping.signal);
    const { loops } = this;
    loops.forever('tick', () => this.tick());
    loops.forever('follow', () => this.follow());
    loops.forever('engine', () => this.engineFollower.follow(this.stopping.signal));
    loops.forever('tidy', () => this.tidy());
    loops.untilDone('catch-up', () => catchUp(this, () => (this.fresh = true), this.stopping.signal));
    loops.forever('lease', () => this.lease.turn());
    loops.untilDone('register', () => announceProfile(this.context, this.cache));
  }

  /** Stops looking and acting; what runs in the engine goes on. Resolves when every loop has ended. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.loops.ended(), this.lanes.settled()]);
  }

  /** Nothing of an instance is left here. */
  private ended(instanceId: string): void {
    this.promises.endCreation(instanceId);
    // On an old view it might be here after all.
    if (this.fresh) this.tokens.drop(instanceId);
  }

  private giveWay(why: BlosmError): void {
    this.context.log.error({ error: why.message }, 'this agent ends');
    this.stopping.abort();
    this.displacement.abort(why);
  }

  private async tick(): Promise<void> {
    const { clock } = this.context;
    this.tickAtMs = clock.nowMs();
    // Not waited for: other agents may take their time.
    void this.departures.look(this.lanes.all());
    void this.drainer.look();
    await clock.sleep(TICK_MS, this.stopping.signal);
  }

  /** Keeps the journal from growing for ever. Not before everything that is or was here has its lane. */
  private async tidy(): Promise<void> {
    const { clock, log } = this.context;
    await clock.sleep(TIDY_MS, this.stopping.signal);
    if (!this.fresh) return;
    const dropped = await this.journal.compactIfDue(new Set(this.lanes.all().map((lane) => lane.instanceId)));
    if (dropped > 0) log.info({ dropped }, 'the journal was rewritten');
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopping;
    const { context, cache, journal, lanes, evaluator, lease, promises, specs, creator } = this;
    const { checkpoints } = this.stores;
    const parts = { context, cache, journal, lanes, evaluator, lease, promises, specs, creator, checkpoints };
    await followLedger(parts, signal);
  }
}
