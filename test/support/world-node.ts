import { Agent } from '../../agent/app/agent';
import type { AgentContext, AgentSettings } from '../../agent/app/context';
import type { Clock } from '../../agent/ports/clock';
import type { RememberedLedger } from '../../agent/app/ledger-memory';
import type { DrainMark } from '../../agent/app/drainer';
import type { JournalEntry } from '../../agent/ports/journal';
import type { EventCheckpoint, Ledger } from '../../agent/ports/ledger';
import type { TokenRecord } from '../../agent/domain/token';
import type { RunSpec } from '../../chaincode/src/model';
import { BlosmError } from '../../chaincode/src/model';
import type { Engine } from '../../agent/ports/engine';
import type { FakeEngine } from '../fakes/engine';
import type { LastUses } from '../../agent/app/activity';
import { FakeJournal, FakeStore } from '../fakes/journal';
import type { FakeLedger } from '../fakes/ledger';
import { FakeLog } from '../fakes/log';
import type { FakePeerNetwork } from '../fakes/peers';
import type { FakeRandom } from '../fakes/random';
import type { VirtualClock } from '../fakes/virtual-clock';
import { calm } from './calm';
import { Life, mortal, mortalStream } from './mortal';
import { lossy, patient, type Loss } from './patient-peers';

/** When a run is killed: at its n-th append to the journal (from 1), before the entry is on the disk or after. */
export interface CrashPoint {
  readonly append: number;
  readonly when: 'before' | 'after';
}

/** One cluster: what survives its agent, and the agent's present run. */
export class WorldNode {
  readonly journal = new FakeJournal();
  readonly checkpoints = new FakeStore<EventCheckpoint>();
  readonly specs = new FakeStore<Record<string, RunSpec>>();
  readonly activity = new FakeStore<LastUses>();
  readonly tokens = new FakeStore<Record<string, TokenRecord>>();
  readonly drains = new FakeStore<DrainMark>();
  readonly memory = new FakeStore<RememberedLedger>();
  readonly log = new FakeLog();
  /** Every entry that was written, also by earlier runs. */
  appends = 0;
  crashPoint: CrashPoint | null = null;
  /** Called with the number of each entry (from 1) as soon as it is on the disk. */
  onAppend: ((append: number, entry: JournalEntry) => void) | null = null;
  /** How far this machine's clock is off, in milliseconds; its peer's and its client's are set by the test. */
  clockOffsetMs = 0;
  /** What gets lost of the messages to other agents. */
  readonly losses: Loss[] = [];
  life = new Life();
  private running: Agent | null = null;
  private readonly unfill: (() => void)[] = [];

  constructor(
    readonly nodeId: string,
    readonly settings: AgentSettings,
    readonly ledger: FakeLedger,
    readonly engine: FakeEngine,
    private readonly world: { readonly clock: VirtualClock; readonly network: FakePeerNetwork },
    private readonly random: FakeRandom,
  ) {}

  get agent(): Agent {
    if (this.running === null || this.life.over) throw new Error(`the agent of ${this.nodeId} does not run`);
    return this.running;
  }

  get isUp(): boolean {
    return this.running !== null && !this.life.over;
  }

  async start(): Promise<void> {
    const life = new Life();
    this.life = life;
    const { checkpoints, specs, tokens, activity, drains, memory } = this;
    const stores = {
      ...{ checkpoints: mortal(checkpoints, life), specs: mortal(specs, life), drains: mortal(drains, life) },
      ...{ tokens: mortal(tokens, life), activity: mortal(activity, life), memory: mortal(memory, life) },
    };
    const agent = new Agent(this.context(life), stores);
    this.running = agent;
    await agent.start();
    this.world.network.attach(this.nodeId, mortal(handlersOf(agent), life));
  }

  /** The state directory is gone, while the agent is off; what the ledger and the engine hold stays. */
  loseState(): void {
    this.journal.truncate(Infinity);
    for (const store of [this.checkpoints, this.specs, this.activity, this.tokens, this.drains, this.memory]) {
      store.lose();
    }
  }

  /** kill -9 of the agent; its containers run on. */
  crash(): void {
    this.life.end();
    this.world.network.detach(this.nodeId);
  }

  async stop(): Promise<void> {
    if (!this.isUp) return;
    this.world.network.detach(this.nodeId);
    await this.world.clock.runUntil(this.agent.stop());
    this.life.end();
  }

  /** No room on the machine: nothing is journalled or stored, and the engine makes no containers and images. */
  fillDisk(): void {
    if (this.unfill.length > 0) return;
    for (const file of this.files()) file.isFull = true;
    const fails = new BlosmError('BLOSM_E_NO_SPACE', 'no space left on device', { stage: 'engine' });
    for (const operation of ['commitContainer', 'pullImage', 'createContainer'] as const) {
      this.unfill.push(this.engine.fault({ operation, fails, times: Infinity }));
    }
  }

  /** The end of {@link fillDisk}. */
  makeRoom(): void {
    for (const file of this.files()) file.isFull = false;
    for (const end of this.unfill.splice(0)) end();
  }

  private files(): { isFull: boolean }[] {
    const { journal, checkpoints, specs, activity, tokens, drains, memory } = this;
    return [journal, checkpoints, specs, activity, tokens, drains, memory];
  }

  private context(life: Life): AgentContext {
    const { settings, engine, log, random, nodeId } = this;
    const calmEngine = calm(engine, this.world.clock, `the agent of ${nodeId}`);
    const clock = mortal(this.ownClock(), life);
    return {
      settings,
      ledger: mortalWithStream<Ledger>(this.ledger, life, 'events'),
      engine: mortalWithStream<Engine>(calmEngine, life, 'watch'),
      probe: mortal(engine, life),
      peers: mortal(patient(lossy(this.world.network.peersOf(nodeId), this.losses), clock), life),
      journal: {
        readAll: () => this.journal.readAll(),
        append: (entry) => this.append(entry, life),
        compact: (keep) => (life.over ? new Promise(() => undefined) : this.journal.compact(keep)),
      },
      clock,
      random,
      log,
    };
  }

  /** Waits are by the kernel's clock, which nobody sets back. */
  private ownClock(): Clock {
    const { clock } = this.world;
    return {
      nowMs: () => clock.nowMs() + this.clockOffsetMs,
      sleep: (durationMs, signal) => clock.sleep(durationMs, signal),
    };
  }

  private async append(entry: JournalEntry, life: Life): Promise<void> {
    if (life.over) return new Promise(() => undefined);
    this.appends += 1;
    const point = this.crashPoint?.append === this.appends ? this.crashPoint.when : null;
    if (point !== 'before') await this.journal.append(entry);
    this.onAppend?.(this.appends, entry);
    if (point === null) return;
    this.crash();
    await new Promise(() => undefined);
  }
}

/** Handlers as one object: a Proxy hides nothing of it. */
const handlersOf = (agent: Agent): Agent['peerHandlers'] => agent.peerHandlers;

/** As {@link mortal}, for a port of which one method gives a stream. */
function mortalWithStream<T extends object>(port: T, life: Life, stream: keyof T): T {
  return new Proxy(mortal(port, life), {
    get: (target, name) => {
      if (name !== stream) return Reflect.get(target, name) as unknown;
      const open = port[stream] as (...args: unknown[]) => AsyncIterable<unknown>;
      return (...args: unknown[]) => mortalStream(open.apply(port, args), life);
    },
  });
}
