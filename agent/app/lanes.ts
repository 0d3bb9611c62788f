import type { EventPayload } from '../../chaincode/src/model';
import { Lane, type LaneParts } from './lane';

/** All instances that this node looks after, each in its own lane. */
export class Lanes {
  private readonly lanes = new Map<string, { readonly lane: Lane; readonly done: Promise<void> }>();

  constructor(
    private readonly parts: LaneParts,
    private readonly signal: AbortSignal,
    /** Called when nothing of an instance is left here. */
    private readonly onEnd: (instanceId: string) => void = () => undefined,
  ) {}

  /** True once the own peer has caught up with the orderer since the start. */
  get isFresh(): boolean {
    return this.parts.isFresh();
  }

  get(instanceId: string): Lane | undefined {
    return this.lanes.get(instanceId)?.lane;
  }

  all(): Lane[] {
    return [...this.lanes.values()].map(({ lane }) => lane);
  }

  /** Starts the lane if there is none, wakes it if there is. */
  ensure(instanceId: string): Lane {
    const known = this.get(instanceId);
    if (known?.isOver === false) {
      known.wake();
      return known;
    }
    const lane = new Lane(instanceId, this.parts);
    const done = lane.run(this.signal).finally(() => {
      if (this.get(instanceId) !== lane) return;
      this.lanes.delete(instanceId);
      // Not when the agent is stopped.
      if (lane.isOver) this.onEnd(instanceId);
    });
    this.lanes.set(instanceId, { lane, done });
    return lane;
  }

  /** Wakes whom an event concerns. */
  notify(event: EventPayload): void {
    const migrationIds = new Set([
      ...(event.metadataIds ?? []),
      ...(event.migrationId === undefined ? [] : [event.migrationId]),
    ]);
    for (const lane of this.all()) {
      if (lane.instanceId === event.instanceId || this.isIn(lane, migrationIds)) lane.wake();
    }
  }

  /** By its last look, or by the journal: a migration that was just proposed is in no look that has come to its end. */
  private isIn({ instanceId, state }: Lane, migrationIds: ReadonlySet<string>): boolean {
    if (migrationIds.has(state.view?.instance?.openMigrationId ?? '')) return true;
    const { migrations } = this.parts.journal.factsOf(instanceId);
    return migrations.some(({ migrationId, closed }) => !closed && migrationIds.has(migrationId));
  }

  /** Resolves when every lane has come to its end after the signal. */
  async settled(): Promise<void> {
    await Promise.all([...this.lanes.values()].map(({ done }) => done));
  }
}
