import { formatPosition, resumeAt, type FeedPosition } from '../../domain/feed';
import type { Clock } from '../../ports/clock';
import { Waker } from '../waker';

/** How a feed is read. */
export interface FeedQuestion<T> {
  /** How far the reader has come; null: it wants the newest `limit` ones. */
  readonly after: FeedPosition | null;
  /** Without `after`: at most so many of what is there. */
  readonly limit: number;
  /** Goes on with what comes, until the signal fires. */
  readonly follow: boolean;
  readonly matches: (entry: T) => boolean;
}

/** What a reader gets. A heartbeat says that nothing new came, and from where to go on. */
export type FeedAnswer<T> =
  | { readonly entry: T; readonly position: string }
  | { readonly gap: string; readonly position: string }
  | { readonly heartbeat: number; readonly position: string };

/** A follower hears so often from a feed in which nothing happens, in milliseconds. */
const HEARTBEAT_MS = 10_000;

/**
 * The newest entries of something that goes on: so many are kept, the older ones go. Readers take what is there at their
 * own speed; one that is too slow is told how much it has missed.
 */
export class Feed<T> {
  private readonly kept: T[] = [];
  private first = 0;
  private readonly followers = new Set<Waker>();

  constructor(
    private readonly capacity: number,
    /** Tells one run of the agent from another. */
    private readonly run: number,
  ) {}

  push(entry: T): void {
    this.kept.push(entry);
    // In batches: to move all entries at each one would be slow.
    if (this.kept.length >= 2 * this.capacity) {
      this.first += this.kept.length - this.capacity;
      this.kept.splice(0, this.kept.length - this.capacity);
    }
    for (const follower of this.followers) follower.wake();
  }

  /** Reads on until there is nothing more, or until the signal fires. */
  async *read(question: FeedQuestion<T>, clock: Clock, signal: AbortSignal): AsyncGenerator<FeedAnswer<T>> {
    const waker = new Waker(clock);
    this.followers.add(waker);
    try {
      const cursor = this.startOf(question);
      let toldAtMs = clock.nowMs();
      while (!signal.aborted) {
        for (let answer = this.take(cursor, question); answer !== null; answer = this.take(cursor, question)) {
          yield answer;
          toldAtMs = clock.nowMs();
        }
        if (!question.follow) return;
        await waker.sleep(HEARTBEAT_MS, signal);
        if (clock.nowMs() - toldAtMs < HEARTBEAT_MS) continue;
        toldAtMs = clock.nowMs();
        yield { heartbeat: toldAtMs, position: this.at(cursor.next) };
      }
    } finally {
      this.followers.delete(waker);
    }
  }

  /** The next answer, and the cursor behind it; null: there is none now. */
  private take(cursor: Cursor, { matches }: FeedQuestion<T>): FeedAnswer<T> | null {
    if (cursor.next < this.first) Object.assign(cursor, this.resume({ run: this.run, sequence: cursor.next }));
    if (cursor.gap !== '') {
      const { gap } = cursor;
      cursor.gap = '';
      return { gap, position: this.at(cursor.next) };
    }
    while (cursor.next < this.end) {
      const entry = this.kept[cursor.next - this.first];
      cursor.next += 1;
      if (entry !== undefined && matches(entry)) return { entry, position: this.at(cursor.next) };
    }
    return null;
  }

  private get end(): number {
    return this.first + this.kept.length;
  }

  private startOf({ after, limit, matches }: FeedQuestion<T>): Cursor {
    if (after !== null) return this.resume(after);
    let left = limit;
    let start = this.end;
    while (start > this.first && left > 0) {
      start -= 1;
      const entry = this.kept[start - this.first];
      if (entry !== undefined && matches(entry)) left -= 1;
    }
    return { next: start, gap: '' };
  }

  private resume(from: FeedPosition): Cursor {
    return { ...resumeAt(from, { run: this.run, first: this.first, end: this.end }) };
  }

  private at(sequence: number): string {
    return formatPosition({ run: this.run, sequence });
  }
}

interface Cursor {
  next: number;
  gap: string;
}
