import type { EventPayload, InstanceRecord, NodeRecord, ServiceRecord } from '../../chaincode/src/model';
import { hasCode } from '../../chaincode/src/model';
import type { Ledger } from '../ports/ledger';
import type { LedgerMemory } from './ledger-memory';

/** How long the peer may take for what is remembered as well, in milliseconds. */
const HASTE_MS = 3000;

/** Records that are read for every request, kept until an event says that they changed. */
export class LedgerCache {
  private nodeList: Promise<NodeRecord[]> | null = null;
  private lastNodes: readonly NodeRecord[] = [];
  private readonly services = new Map<string, ServiceRecord>();
  private readonly instances = new Map<string, InstanceRecord>();
  /** As they were before an event changed them. */
  private readonly outdated = new Map<string, InstanceRecord>();
  /** How many events have changed an instance. */
  private changes = 0;
  private isDraining = false;
  private memory: LedgerMemory | null = null;
  /** The last look at an instance has failed. */
  private isCutOff = false;

  constructor(private readonly ledger: Ledger) {}

  /** From now on what is read is remembered, and what was remembered is used until the peer has caught up. */
  rememberBy(memory: LedgerMemory): void {
    this.memory = memory;
  }

  /** All registered nodes. @throws BlosmError of the ledger when they were never read */
  async nodes(): Promise<readonly NodeRecord[]> {
    this.nodeList ??= this.ledger.query('NodeContract:List', []);
    try {
      this.lastNodes = await this.nodeList;
    } catch (error) {
      this.nodeList = null;
      if (this.lastNodes.length === 0) throw error;
    }
    return this.lastNodes;
  }

  /** As last read, without asking: for what must not wait. */
  nodesNow(): readonly NodeRecord[] {
    return this.lastNodes;
  }

  /** True when this node takes nothing new: it said so on the ledger, or it is being drained. */
  isCordoned(): boolean {
    return this.isDraining || this.isCordonedOnLedger();
  }

  /** The operator has begun or ended a drain, which the ledger may show later. */
  setDraining(isDraining: boolean): void {
    this.isDraining = isDraining;
  }

  isCordonedOnLedger(): boolean {
    return this.lastNodes.find(({ nodeId }) => nodeId === this.ledger.nodeId)?.cordoned ?? false;
  }

  /** Null when the ledger has no such service. */
  async service(serviceId: string): Promise<ServiceRecord | null> {
    const known = this.services.get(serviceId);
    if (known !== undefined) return known;
    const remembered = this.memory?.service(serviceId);
    if (this.isCutOff && remembered !== undefined) return remembered;
    try {
      const record = await orNull(this.ledger.query('ServiceContract:Get', [serviceId]));
      if (record === null) return null;
      this.services.set(serviceId, record);
      this.memory?.noteService(record);
      return record;
    } catch (error) {
      if (remembered === undefined) throw error;
      return remembered;
    }
  }

  /**
   * Null when the ledger has no such instance. While the peer cannot be asked, what was last known of it: devices of
   * what runs here are not turned away because the ledger is off, and who serves them the lane decides.
   */
  async instance(instanceId: string): Promise<InstanceRecord | null> {
    const known = this.instances.get(instanceId) ?? (this.isCutOff ? this.remembered(instanceId) : undefined);
    if (known !== undefined) return known;
    try {
      return await this.readInstance(instanceId);
    } catch (error) {
      const before = this.outdated.get(instanceId) ?? this.remembered(instanceId);
      if (before === undefined) throw error;
      return before;
    }
  }

  /** As an earlier run of the agent last read it; undefined also once the peer has caught up since the start. */
  remembered(instanceId: string): InstanceRecord | undefined {
    return this.memory?.instance(instanceId);
  }

  /** Asks the peer anew. */
  async readInstance(instanceId: string): Promise<InstanceRecord | null> {
    const changes = this.changes;
    const record = await this.askFor(instanceId);
    if (changes === this.changes) this.memory?.noteInstance(instanceId, record);
    if (record === null) this.forget(instanceId);
    // Read before an event and kept after it, the old record would stay until the next event.
    else if (changes === this.changes) {
      this.instances.set(instanceId, record);
      this.outdated.delete(instanceId);
    }
    return record;
  }

  invalidate(event: EventPayload): void {
    if (event.name.startsWith('Node')) this.nodeList = null;
    if (event.name === 'ServiceRemoved' && event.serviceId !== undefined) this.services.delete(event.serviceId);
    if (event.instanceId === undefined) return;
    this.changes += 1;
    if (event.name === 'InstanceRemoved') {
      this.forget(event.instanceId);
      return;
    }
    const known = this.instances.get(event.instanceId);
    if (known !== undefined) this.outdated.set(event.instanceId, known);
    this.instances.delete(event.instanceId);
  }

  private async askFor(instanceId: string): Promise<InstanceRecord | null> {
    const options = this.remembered(instanceId) === undefined ? {} : { timeoutMs: HASTE_MS };
    try {
      const record = await orNull(this.ledger.query('InstanceContract:Get', [instanceId], options));
      this.isCutOff = false;
      return record;
    } catch (error) {
      this.isCutOff = true;
      throw error;
    }
  }

  private forget(instanceId: string): void {
    this.instances.delete(instanceId);
    this.outdated.delete(instanceId);
  }
}

/** Null for BLOSM_E_NOT_FOUND; other errors go on. */
export async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (hasCode(error, 'BLOSM_E_NOT_FOUND')) return null;
    throw error;
  }
}
