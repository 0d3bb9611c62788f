import { Mutex } from 'async-mutex';
import { isShared, type ContainerObservation } from '../domain/container';
import type { Engine } from '../ports/engine';

/** An instance of a shared service, and what its lane knows when it looks. */
export interface SharedLook {
  readonly instanceId: string;
  readonly serviceId: string;
  /** It runs here or is about to. */
  readonly isUser: boolean;
  /** Requests of it are being answered by the container here, although it may be elsewhere by now. */
  readonly isAnswering: boolean;
  /** The migration that brings it here; empty: none. */
  readonly migrationId: string;
  readonly listed: readonly ContainerObservation[];
}

/** How long a container that nobody uses may take to stop, in seconds: Docker's own default. */
const GRACE_SECONDS = 10;

/**
 * Who uses which shared container of this node (tenancy `shared`: one for all instances of a service here). It goes
 * with its last user: an instance enters before it looks at the container and waits for whoever is about to remove it,
 * and whoever removes it asks once more, alone, whether it is the last. Nothing of this is on the disk: after a start
 * the users are those whom the ledger and the journal name, and until they are all entered nothing is removed.
 */
export class SharedContainers {
  private readonly users = new Map<string, Set<string>>();
  /** Who has left and still has to see whether the container is to go, with the service. */
  private readonly leaving = new Map<string, string>();
  private readonly turns = new Map<string, Mutex>();
  private areAllKnown = false;

  constructor(
    private readonly engine: Engine,
    private readonly nodeId: string,
  ) {}

  /** The shared service whose container the instance uses or has just left; undefined: none. */
  serviceOf(instanceId: string): string | undefined {
    const used = [...this.users].find(([, instanceIds]) => instanceIds.has(instanceId));
    return used?.[0] ?? this.leaving.get(instanceId);
  }

  /** Enters an instance that runs here according to the ledger, before anything is removed. */
  adopt(instanceId: string, serviceId: string): void {
    this.leaving.delete(instanceId);
    this.usersOf(serviceId).add(instanceId);
  }

  /** From now on whoever is not entered uses nothing. */
  allAreKnown(): void {
    this.areAllKnown = true;
  }

  /** The container as the instance's own, as long as it uses it or is the one that has to remove it. */
  async seenBy(look: SharedLook): Promise<ContainerObservation[]> {
    const { instanceId, serviceId, listed } = look;
    const isBound = look.isAnswering && this.usersOf(serviceId).has(instanceId);
    if (look.isUser || isBound) {
      const isNew = await this.enter(instanceId, serviceId);
      return asOwn(look, isNew ? await this.engine.listContainers(this.nodeId) : listed);
    }
    if (this.usersOf(serviceId).delete(instanceId)) this.leaving.set(instanceId, serviceId);
    const isLast = this.leaving.has(instanceId) && !this.isUsed(serviceId, instanceId);
    const left = isLast ? asOwn(look, listed) : [];
    if (left.length === 0) this.leaving.delete(instanceId);
    return left;
  }

  /** Does what nobody may do while another instance uses the container; false: one does, nothing was done. */
  whenUnused(serviceId: string, exceptInstanceId: string, work: () => Promise<void>): Promise<boolean> {
    return this.turnOf(serviceId).runExclusive(async () => {
      if (this.isUsed(serviceId, exceptInstanceId)) return false;
      await work();
      return true;
    });
  }

  /** After a start: removes what a run that was killed has left without a user. @throws BlosmError of the engine */
  async sweep(signal: AbortSignal): Promise<void> {
    for (const { serviceId, containerId } of (await this.engine.listContainers(this.nodeId)).filter(isShared)) {
      await this.whenUnused(serviceId, '', async () => {
        await this.engine.stopContainer(containerId, GRACE_SECONDS, { signal });
        await this.engine.removeContainer(containerId, { signal });
      });
    }
  }

  /** True when it is new: what was listed before may be gone. */
  private async enter(instanceId: string, serviceId: string): Promise<boolean> {
    if (this.usersOf(serviceId).has(instanceId)) return false;
    await this.turnOf(serviceId).runExclusive(() => this.adopt(instanceId, serviceId));
    return true;
  }

  private isUsed(serviceId: string, exceptInstanceId: string): boolean {
    return !this.areAllKnown || [...this.usersOf(serviceId)].some((instanceId) => instanceId !== exceptInstanceId);
  }

  private usersOf(serviceId: string): Set<string> {
    return getOrMake(this.users, serviceId, () => new Set<string>());
  }

  private turnOf(serviceId: string): Mutex {
    return getOrMake(this.turns, serviceId, () => new Mutex());
  }
}

function asOwn(
  { instanceId, serviceId, migrationId }: SharedLook,
  listed: readonly ContainerObservation[],
): ContainerObservation[] {
  return listed.filter((c) => isShared(c) && c.serviceId === serviceId).map((c) => ({ ...c, instanceId, migrationId }));
}

function getOrMake<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
