import { Mutex } from 'async-mutex';
import type { Resources } from '../../chaincode/src/model';
import type { ContainerObservation } from '../domain/container';
import type { Clock } from '../ports/clock';

interface Offer {
  readonly resources: Resources;
  /** Null: picked, so it lasts until the migration ends. */
  readonly expiresAtMs: number | null;
}

/** What this cluster has promised: containers, offers to migrations, instances about to be created. */
export class Promises {
  private readonly offers = new Map<string, Offer>();
  private readonly creations = new Map<string, Resources>();
  private readonly turn = new Mutex();

  constructor(private readonly clock: Clock) {}

  /** Looks at what is left and promises it, one at a time: two must not promise the same memory. */
  exclusive<T>(promise: () => Promise<T>): Promise<T> {
    return this.turn.runExclusive(promise);
  }

  offer(migrationId: string, resources: Resources, expiresAtMs: number): void {
    this.forgetExpired();
    if (this.offers.get(migrationId)?.expiresAtMs !== null) this.offers.set(migrationId, { resources, expiresAtMs });
  }

  pick(migrationId: string, resources: Resources): void {
    this.offers.set(migrationId, { resources, expiresAtMs: null });
  }

  release(migrationId: string): void {
    this.offers.delete(migrationId);
  }

  beginCreation(instanceId: string, resources: Resources): void {
    this.creations.set(instanceId, resources);
  }

  endCreation(instanceId: string): void {
    this.creations.delete(instanceId);
  }

  /** Nobody may say any more that an offer is over: its migration may never have got to the ledger. */
  private forgetExpired(): void {
    const nowMs = this.clock.nowMs();
    for (const [id, { expiresAtMs }] of this.offers) {
      if (expiresAtMs !== null && expiresAtMs <= nowMs) this.offers.delete(id);
    }
  }

  /** Every promise once: an offer or a creation whose container exists is counted by the container. */
  list(containers: readonly ContainerObservation[]): Resources[] {
    const nowMs = this.clock.nowMs();
    const migrations = new Set(containers.map((c) => c.migrationId));
    const instances = new Set(containers.map((c) => c.instanceId));
    const offers = [...this.offers]
      .filter(([id, offer]) => !migrations.has(id) && (offer.expiresAtMs === null || offer.expiresAtMs > nowMs))
      .map(([, offer]) => offer.resources);
    const creations = [...this.creations].filter(([id]) => !instances.has(id)).map(([, resources]) => resources);
    return [...containers.map((c) => c.promised), ...offers, ...creations];
  }
}
