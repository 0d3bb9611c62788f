import { Mutex } from 'async-mutex';
import type { Resources } from '../../chaincode/src/model';
import { isShared, type ContainerObservation } from '../domain/container';
import type { Clock } from '../ports/clock';

interface Promised {
  readonly resources: Resources;
  /** The service whose shared container it is for, which is promised once; empty: a container of its own. */
  readonly sharedBy: string;
}

interface Offer extends Promised {
  /** Null: picked, so it lasts until the migration ends. */
  readonly expiresAtMs: number | null;
}

/** What this cluster has promised: containers, offers to migrations, instances about to be created. */
export class Promises {
  private readonly offers = new Map<string, Offer>();
  private readonly creations = new Map<string, Promised>();
  private readonly turn = new Mutex();

  constructor(private readonly clock: Clock) {}

  /** Looks at what is left and promises it, one at a time: two must not promise the same memory. */
  exclusive<T>(promise: () => Promise<T>): Promise<T> {
    return this.turn.runExclusive(promise);
  }

  offer(migrationId: string, resources: Resources, expiresAtMs: number, sharedBy = ''): void {
    this.forgetExpired();
    if (this.offers.get(migrationId)?.expiresAtMs === null) return;
    this.offers.set(migrationId, { resources, expiresAtMs, sharedBy });
  }

  pick(migrationId: string, resources: Resources, sharedBy = ''): void {
    this.offers.set(migrationId, { resources, expiresAtMs: null, sharedBy });
  }

  release(migrationId: string): void {
    this.offers.delete(migrationId);
  }

  beginCreation(instanceId: string, resources: Resources, sharedBy = ''): void {
    this.creations.set(instanceId, { resources, sharedBy });
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

  /**
   * Every promise once: an offer or a creation whose container exists is counted by the container, and all that is
   * promised to the instances of a shared service is its one container.
   */
  list(containers: readonly ContainerObservation[]): Resources[] {
    const counted = new Set(containers.filter(isShared).map((c) => c.serviceId));
    const open = this.open(containers).filter(({ sharedBy }) => {
      const isCounted = sharedBy !== '' && counted.has(sharedBy);
      counted.add(sharedBy);
      return !isCounted;
    });
    return [...containers.map((c) => c.promised), ...open.map(({ resources }) => resources)];
  }

  /** Services whose shared container is here or promised: another instance needs no more. */
  sharedHere(containers: readonly ContainerObservation[]): ReadonlySet<string> {
    const promised = this.open(containers).flatMap(({ sharedBy: by }) => (by === '' ? [] : [by]));
    return new Set([...containers.filter(isShared).map((c) => c.serviceId), ...promised]);
  }

  private open(containers: readonly ContainerObservation[]): Promised[] {
    const nowMs = this.clock.nowMs();
    const migrations = new Set(containers.map((c) => c.migrationId));
    const instances = new Set(containers.map((c) => c.instanceId));
    const offers = [...this.offers].filter(
      ([id, offer]) => !migrations.has(id) && (offer.expiresAtMs === null || offer.expiresAtMs > nowMs),
    );
    const creations = [...this.creations].filter(([id]) => !instances.has(id));
    return [...offers, ...creations].map(([, promised]) => promised);
  }
}

/** The name under which a service's promises count once; empty where each instance has its own container. */
export const sharedBy = ({ serviceId, tenancy }: { readonly serviceId: string; readonly tenancy: string }): string =>
  tenancy === 'shared' ? serviceId : '';
