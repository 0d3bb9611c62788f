import { backoffMs } from '../domain/backoff';
import type { EngineNews } from '../ports/engine';
import type { AgentContext } from './context';
import type { Lanes } from './lanes';
import type { SharedContainers } from './shared-containers';
import type { SharedLists } from './shared-lists';

export interface FollowEngineParts {
  readonly context: AgentContext;
  readonly lists: SharedLists;
  readonly lanes: Lanes;
  readonly shared: SharedContainers;
}

/** Waits before the engine is listened to again: soon after a restart of it, and no longer than a lane rests anyway. */
const RETRY = { initialMs: 250, factor: 2, maxMs: 10_000 };
/** One that was listened to for so long has ended the row of failures, in milliseconds. */
const LASTING_MS = 60_000;

/**
 * Listens to the engine, so that the end of a container is seen when it happens. What it tells only says that there is
 * something to look at: told twice, late or not at all, it changes nothing that a look does not show. Whatever was
 * missed between two beginnings is seen by the look of all lanes at each beginning; without any, lanes look by time.
 */
export class EngineFollower {
  /** In a row, without a lasting one between. */
  private failures = 0;
  private sinceMs: number | null = null;

  constructor(private readonly parts: FollowEngineParts) {}

  /** One turn: listens until that fails and pauses then. Never throws. */
  async follow(signal: AbortSignal): Promise<void> {
    const { engine, ledger, clock, random } = this.parts.context;
    const error = await this.listen(engine.watch(ledger.nodeId, signal)).catch((cause: unknown) => cause);
    this.parts.lists.watched(false);
    if (signal.aborted) return;
    this.ended(error);
    await clock.sleep(backoffMs(RETRY, this.failures, random.fraction()), signal).catch(() => undefined);
  }

  private async listen(told: AsyncIterable<EngineNews>): Promise<void> {
    for await (const news of told) {
      if (news.kind === 'watching') this.begun();
      else this.take(news);
    }
  }

  private begun(): void {
    const { context, lists, lanes } = this.parts;
    this.sinceMs = context.clock.nowMs();
    if (this.failures > 0) context.log.info({}, 'the engine tells of its containers again');
    lists.watched(true);
    for (const lane of lanes.all()) lane.wake();
  }

  /** Nothing is waited for here: an engine does not wait for its listeners. A lane looks once for all news until then. */
  private take({ owner: { instanceId, serviceId } }: Extract<EngineNews, { kind: 'container' }>): void {
    const { lists, lanes, shared } = this.parts;
    lists.containersChanged();
    if (instanceId !== '') lanes.get(instanceId)?.wake();
    else for (const lane of lanes.all()) if (shared.serviceOf(lane.instanceId) === serviceId) lane.wake();
  }

  private ended(error: unknown): void {
    const { clock, log } = this.parts.context;
    const isLasting = this.sinceMs !== null && Math.abs(clock.nowMs() - this.sinceMs) >= LASTING_MS;
    this.sinceMs = null;
    this.failures = isLasting ? 1 : this.failures + 1;
    // The first loss is worth a line, its repetitions are not.
    if (this.failures > 1) return;
    log.warn(
      { error: String(error) },
      'the engine does not tell of its containers: until it does, they are looked at by time',
    );
  }
}
