import type { z } from 'zod';
import {
  BlosmError,
  NodeRecord,
  SCHEMA_VERSION,
  canonicalJson,
  nodeKey,
  type EventName,
  type EventPayload,
  type Key,
} from '../model';
import type { Caller } from './caller';
import type { WorldState } from './world-state';

/** What an event tells besides its name and its writer. */
export type EventIds = Omit<EventPayload, 'v' | 'name' | 'nodeId'>;

type Write = (state: WorldState) => Promise<void>;

/**
 * One transaction on its way: it reads at once and keeps its writes until the whole rule has passed, so that an error
 * writes nothing.
 */
export class Submission {
  private readonly writes: Write[] = [];
  private event: EventPayload | undefined;

  constructor(
    readonly state: WorldState,
    readonly caller: Caller,
    /** The transaction's time. */
    readonly nowMs: number,
  ) {}

  /**
   * The record of the node that the caller speaks for: the certificate must be the one that the node registered.
   * @throws BlosmError BLOSM_E_NOT_REGISTERED, BLOSM_E_FORBIDDEN, BLOSM_E_SUSPENDED
   */
  async agent(): Promise<NodeRecord> {
    const node = await this.suspendableAgent();
    if (node.state === 'SUSPENDED') {
      throw new BlosmError('BLOSM_E_SUSPENDED', `${node.nodeId} is suspended: it may only renew its lease`);
    }
    return node;
  }

  /**
   * The same for what a suspended node may do too.
   * @throws BlosmError BLOSM_E_NOT_REGISTERED, BLOSM_E_FORBIDDEN
   */
  async suspendableAgent(): Promise<NodeRecord> {
    const { mspId, certificateSha256 } = this.caller;
    const node = await this.state.find(nodeKey(mspId), NodeRecord);
    if (node === undefined) throw new BlosmError('BLOSM_E_NOT_REGISTERED', `${mspId} has not registered a node`);
    if (node.agentCertificateSha256 !== certificateSha256) {
      throw new BlosmError(
        'BLOSM_E_FORBIDDEN',
        `only the agent that ${mspId} registered (certificate ${node.agentCertificateSha256}) may do this`,
      );
    }
    return node;
  }

  /** Keeps a write for the end. */
  put<T extends z.ZodType>(key: Key, schema: T, record: z.output<T>): void {
    this.writes.push((state) => state.put(key, schema, record));
  }

  /** Keeps a deletion for the end. */
  remove(key: Key): void {
    this.writes.push((state) => state.remove(key));
  }

  /** The transaction's one event. */
  emit(name: EventName, ids: EventIds): void {
    this.event = { v: SCHEMA_VERSION, name, nodeId: this.caller.mspId, ...ids };
  }

  /** Writes what was kept. */
  async flush(setEvent: (name: string, payload: Uint8Array) => void): Promise<void> {
    for (const write of this.writes) await write(this.state);
    if (this.event !== undefined) setEvent(this.event.name, Buffer.from(canonicalJson(this.event), 'utf8'));
  }
}
