import type { Clock } from '../ports/clock';
import type { Store } from '../ports/journal';
import type { Log } from '../ports/log';

/** A use that is so much younger than the last one on the disk need not be written down, in milliseconds. */
const GRAIN_MS = 10_000;

/** When instances were last used, as it stands on the disk: milliseconds since 1970 by instance id. */
export type LastUses = Record<string, number>;

/** Whether an instance is being used, and since when it is not. Waiting requests and open connections are uses. */
export class Activity {
  private open = 0;

  constructor(
    private lastAtMs: number,
    private readonly clock: Clock,
    private readonly onUse: (atMs: number) => void,
  ) {}

  /** Milliseconds since 1970; null: it is in use. */
  get idleSinceMs(): number | null {
    return this.open > 0 ? null : this.lastAtMs;
  }

  /** A use begins; the function that is given ends it, once. */
  enter(): () => void {
    this.open += 1;
    this.touch();
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.open -= 1;
      this.touch();
    };
  }

  /** A use that has no length, such as a position. */
  touch(): void {
    this.lastAtMs = this.clock.nowMs();
    this.onUse(this.lastAtMs);
  }
}

/**
 * The activity of all instances here. The disk knows of a use at most {@link GRAIN_MS} too little, so that restarts
 * neither end an instance early nor keep it for ever.
 */
export class ActivityBook {
  private readonly activities = new Map<string, Activity>();
  private readonly written = new Map<string, number>();
  /** Instances whose service has an idle time: nobody asks about the others. */
  private readonly kept = new Set<string>();
  private saving: Promise<void> | null = null;
  private isDirty = false;

  constructor(
    private readonly store: Store<LastUses>,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  async load(): Promise<void> {
    for (const [instanceId, atMs] of Object.entries((await this.store.load()) ?? {})) {
      this.written.set(instanceId, atMs);
    }
  }

  of(instanceId: string): Activity {
    const known = this.activities.get(instanceId);
    if (known !== undefined) return known;
    const nowMs = this.clock.nowMs();
    const writtenAtMs = this.written.get(instanceId);
    // What the disk does not know: a use shortly after the last one that it does. A clock set back ends nothing early.
    const lastAtMs = writtenAtMs === undefined ? nowMs : Math.min(nowMs, writtenAtMs + GRAIN_MS);
    const activity = new Activity(lastAtMs, this.clock, (atMs) => this.used(instanceId, atMs));
    this.activities.set(instanceId, activity);
    return activity;
  }

  /** From now on its uses are written down. */
  keep(instanceId: string): void {
    if (this.kept.has(instanceId)) return;
    this.kept.add(instanceId);
    if (!this.written.has(instanceId)) this.write(instanceId, this.of(instanceId).idleSinceMs ?? this.clock.nowMs());
  }

  forget(instanceId: string): void {
    this.activities.delete(instanceId);
    this.kept.delete(instanceId);
    if (this.written.delete(instanceId)) this.save();
  }

  private used(instanceId: string, atMs: number): void {
    if (!this.kept.has(instanceId)) return;
    const writtenAtMs = this.written.get(instanceId) ?? 0;
    if (Math.abs(atMs - writtenAtMs) >= GRAIN_MS) this.write(instanceId, atMs);
  }

  private write(instanceId: string, atMs: number): void {
    this.written.set(instanceId, atMs);
    this.save();
  }

  /** One at a time; what changes meanwhile goes with the next. A disk that fails costs precision only. */
  private save(): void {
    if (this.saving !== null) {
      this.isDirty = true;
      return;
    }
    this.saving = this.store
      .save(Object.fromEntries(this.written))
      .catch((error: unknown) => this.log.warn({ error: String(error) }, 'the last uses cannot be written'))
      .then(() => {
        this.saving = null;
        if (!this.isDirty) return;
        this.isDirty = false;
        this.save();
      });
  }
}
