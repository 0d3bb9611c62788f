import { BlosmError, type Resources } from '../../../chaincode/src/model';
import type { JournalEntry } from '../../domain/journal-entry';
import type { Clock } from '../../ports/clock';
import type { LedgerTip } from '../../ports/ledger';
import type { StatusView } from '../../ports/control';
import type { Agent } from '../agent';
import type { SystemObservation } from '../observe-system';
import { migrationView } from './views';

/**
 * How often the dependencies are asked, in milliseconds: seldom while all of them are well, for an agent that has nothing
 * to do should not use a machine that has; and how long an answer may take, an engine's on a busy machine a little longer.
 */
const REFRESH_MS = 5000;
const TROUBLED_REFRESH_MS = 2000;
const ASK_TIMEOUT_MS = 1500;
const ENGINE_TIMEOUT_MS = 3000;

type Dependency = StatusView['dependencies'][number];

/** What was last seen of everything that the agent depends on: `status` reads it and never waits. */
export class StatusBoard {
  private readonly dependencies = new Map<string, Dependency>();
  private tip: LedgerTip | null = null;
  private capacity: { total: Resources; remaining: Resources } | null = null;
  /** An engine that hangs is not asked a second time meanwhile. */
  private observing: Promise<SystemObservation> | null = null;

  constructor(
    private readonly agent: Agent,
    private readonly about: { readonly version: string; readonly startedAtMs: number },
  ) {}

  /** Keeps the board up to date until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.agent.context;
    while (!signal.aborted) {
      await Promise.all([this.askLedger(), this.askEngine(), this.askJournal()]);
      const isWell = [...this.dependencies.values()].every(({ state }) => state === 'ok');
      await clock.sleep(isWell ? REFRESH_MS : TROUBLED_REFRESH_MS, signal).catch(() => undefined);
    }
  }

  view(): StatusView {
    const { ledger, clock, settings } = this.agent.context;
    const nodes = this.agent.cache.nodesNow();
    const views = this.agent.lanes.all().flatMap((lane) => lane.state.view ?? []);
    const open = views.flatMap((view) => view.migration?.record ?? []);
    return {
      nodeId: ledger.nodeId,
      name: settings.profile.name,
      version: this.about.version,
      startedAtMs: this.about.startedAtMs,
      nowMs: clock.nowMs(),
      ready: this.waitsFor().length === 0,
      dependencies: [...this.dependencies.values()],
      ledgerHeight: this.tip?.height ?? null,
      nodes: nodes.length === 0 ? null : nodes.length,
      capacity: this.capacity,
      instancesOwned: views.filter((view) => view.instance?.ownerNodeId === ledger.nodeId).length,
      openMigrations: open.map((record) => migrationView(record, nodes, null)),
      lastError: lastErrorOf(this.agent.journal.failedStep),
    };
  }

  /** What keeps the agent from doing its work; empty: nothing. */
  waitsFor(): string[] {
    const { ledger } = this.agent.context;
    const isRegistered = this.agent.cache.nodesNow().some((node) => node.nodeId === ledger.nodeId);
    const down = [...this.dependencies.values()].filter((d) => d.state !== 'ok').map((d) => `${d.name}: ${d.detail}`);
    if (!isRegistered) down.push(`${ledger.nodeId} is not registered on the channel`);
    if (!this.agent.isFresh) down.push('the own peer has not caught up with the orderer yet');
    return down;
  }

  private async askLedger(): Promise<void> {
    try {
      this.tip = await this.agent.context.ledger.tip({ timeoutMs: ASK_TIMEOUT_MS });
      this.set('ledger', 'ok', `height ${this.tip.height}`);
    } catch (error) {
      this.tip = null;
      this.set('ledger', 'down', error instanceof Error ? error.message : String(error));
    }
  }

  private async askEngine(): Promise<void> {
    const { clock } = this.agent.context;
    this.observing ??= this.agent.system.observe().finally(() => (this.observing = null));
    try {
      const { total, remaining, engine } = await within(clock, ENGINE_TIMEOUT_MS, this.observing);
      this.capacity = { total, remaining };
      this.set('engine', 'ok', `Docker ${engine.engineVersion}, ${engine.imageStore}`);
    } catch (error) {
      this.capacity = null;
      this.set('engine', 'down', error instanceof Error ? error.message : String(error));
    }
  }

  /** Without room nothing new can begin: it is tried again here, so that the agent tells when there is some. */
  private async askJournal(): Promise<void> {
    const { journal } = this.agent;
    if (journal.failure !== null) await journal.probe().catch(() => undefined);
    this.set('journal', journal.failure === null ? 'ok' : 'down', journal.failure ?? '');
  }

  private set(name: string, state: Dependency['state'], detail: string): void {
    const before = this.dependencies.get(name);
    const sinceMs = before?.state === state ? before.sinceMs : this.agent.context.clock.nowMs();
    this.dependencies.set(name, { name, state, detail, sinceMs });
  }
}

/** @throws BlosmError BLOSM_E_TIMEOUT once the time is over; the work itself goes on */
function within<T>(clock: Clock, durationMs: number, work: Promise<T>): Promise<T> {
  const ended = new AbortController();
  const late = clock.sleep(durationMs, ended.signal).then(() => {
    throw new BlosmError('BLOSM_E_TIMEOUT', `no answer within ${durationMs} ms`);
  });
  return Promise.race([work, late]).finally(() => ended.abort());
}

function lastErrorOf(failed: JournalEntry | null): StatusView['lastError'] {
  if (failed === null) return null;
  const { code, message } = failed.detail as { readonly code: string; readonly message: string };
  const seen = message.replace(`${code}: `, '');
  return { code, message: `${failed.name} of ${failed.instanceId}: ${seen}`, atMs: failed.atMs };
}
