import type { InstanceRecord, ServiceRecord } from '../../chaincode/src/model';
import { canonicalJson } from '../../chaincode/src/model';
import type { Store } from '../ports/journal';
import type { Log } from '../ports/log';

/** What the ledger last said, as it stands on the disk: records by id. Tokens are there as hashes only. */
export interface RememberedLedger {
  readonly instances: Readonly<Record<string, InstanceRecord>>;
  readonly services: Readonly<Record<string, ServiceRecord>>;
}

/**
 * What the ledger last said of the instances that are here, for an agent that starts while its peer is off. It may be
 * overtaken, so nothing with state is answered on it, and nothing is read from it once the peer has caught up.
 */
export class LedgerMemory {
  private readonly instances = new Map<string, InstanceRecord>();
  private readonly services = new Map<string, ServiceRecord>();
  private isOver = false;
  private isSaving = false;
  private isDirty = false;

  constructor(
    private readonly nodeId: string,
    private readonly store: Store<RememberedLedger>,
    private readonly log: Log,
  ) {}

  async load(): Promise<void> {
    const { instances = {}, services = {} } = { ...(await this.store.load()) };
    for (const instance of Object.values(instances)) this.instances.set(instance.instanceId, instance);
    for (const service of Object.values(services)) this.services.set(service.serviceId, service);
  }

  instanceIds(): string[] {
    return [...this.instances.keys()];
  }

  instance(instanceId: string): InstanceRecord | undefined {
    return this.isOver ? undefined : this.instances.get(instanceId);
  }

  service(serviceId: string): ServiceRecord | undefined {
    return this.isOver ? undefined : this.services.get(serviceId);
  }

  /** The instance as the ledger has it now; null: it has none of this id. */
  noteInstance(instanceId: string, record: InstanceRecord | null): void {
    if (record?.ownerNodeId !== this.nodeId) {
      if (this.instances.delete(instanceId)) this.save();
      return;
    }
    if (isSame(this.instances.get(instanceId), record)) return;
    this.instances.set(instanceId, record);
    this.save();
  }

  noteService(record: ServiceRecord): void {
    if (isSame(this.services.get(record.serviceId), record)) return;
    this.services.set(record.serviceId, record);
    this.save();
  }

  /** The peer has caught up: from now on the ledger itself is asked. These instances are here. */
  caughtUp(instances: readonly InstanceRecord[]): void {
    this.isOver = true;
    const here = new Set(instances.map(({ instanceId }) => instanceId));
    for (const instanceId of this.instanceIds()) if (!here.has(instanceId)) this.noteInstance(instanceId, null);
    for (const instance of instances) this.noteInstance(instance.instanceId, instance);
  }

  /** One at a time; what changes meanwhile goes with the next. A disk that fails costs the memory only. */
  private save(): void {
    if (this.isSaving) {
      this.isDirty = true;
      return;
    }
    this.isSaving = true;
    this.store
      .save(this.present())
      .catch((error: unknown) => this.log.warn({ error: String(error) }, 'what the ledger last said cannot be written'))
      .finally(() => {
        this.isSaving = false;
        if (!this.isDirty) return;
        this.isDirty = false;
        this.save();
      });
  }

  /** With the services of what is here; others are not needed without the ledger. */
  private present(): RememberedLedger {
    const instances = Object.fromEntries(this.instances);
    const used = new Set([...this.instances.values()].map(({ serviceId }) => serviceId));
    return { instances, services: Object.fromEntries([...this.services].filter(([id]) => used.has(id))) };
  }
}

const isSame = (known: object | undefined, record: object): boolean =>
  known !== undefined && canonicalJson(known) === canonicalJson(record);
