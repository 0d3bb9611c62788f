import type { ChaincodeStub, Iterators } from 'fabric-shim-api';
import type { z } from 'zod';
import { BlosmError, canonicalJson, type HistoryEntry, type Key, type PageRequest } from '../model';
import { timestampMs } from './transaction-time';

/** A page of records and where the next one starts; an empty bookmark: there is no more. */
export interface Page<T> {
  readonly items: T[];
  readonly bookmark: string;
}

/** Typed reading of the world state. A record that does not fit its schema is an error, never passed on. */
export class WorldState {
  constructor(private readonly stub: ChaincodeStub) {}

  /** The record under the key; undefined when there is none. */
  async find<T extends z.ZodType>(key: Key, schema: T): Promise<z.output<T> | undefined> {
    const bytes = await this.stub.getState(this.nameOf(key));
    return bytes.length === 0 ? undefined : decode(bytes, schema, describeKey(key));
  }

  /** @throws BlosmError BLOSM_E_NOT_FOUND */
  async get<T extends z.ZodType>(key: Key, schema: T): Promise<z.output<T>> {
    const record = await this.find(key, schema);
    if (record === undefined) throw new BlosmError('BLOSM_E_NOT_FOUND', `there is no ${describeKey(key)}`);
    return record;
  }

  /** All records whose key starts so, in the order of their keys. For queries only: it reads a range. */
  async list<T extends z.ZodType>(prefix: Key, schema: T): Promise<z.output<T>[]> {
    const records: z.output<T>[] = [];
    for await (const { value } of this.stub.getStateByPartialCompositeKey(prefix.objectType, [...prefix.attributes])) {
      records.push(decode(value, schema, describeKey(prefix)));
    }
    return records;
  }

  /** A page of the records whose key starts so. For queries only: the peer refuses it in a transaction that writes. */
  async page<T extends z.ZodType>(prefix: Key, schema: T, request: PageRequest): Promise<Page<z.output<T>>> {
    const found = await this.stub.getStateByPartialCompositeKeyWithPagination(
      prefix.objectType,
      [...prefix.attributes],
      request.pageSize,
      this.readBookmark(prefix, request.bookmark),
    );
    const items: z.output<T>[] = [];
    for (let entry = await found.iterator.next(); !entry.done; entry = await found.iterator.next()) {
      items.push(decode(entry.value.value, schema, describeKey(prefix)));
    }
    await found.iterator.close();
    // An empty page's metadata are no bytes at all, which the shim takes for none, whatever its types say.
    const metadata = found.metadata as { readonly bookmark: string } | undefined;
    return { items, bookmark: writeBookmark(metadata?.bookmark ?? '') };
  }

  /** Every version of a record, newest first. For queries only. */
  async history(key: Key, schema: z.ZodType): Promise<HistoryEntry[]> {
    const entries: HistoryEntry[] = [];
    for await (const change of this.stub.getHistoryForKey(this.nameOf(key))) {
      entries.push(historyEntry(change, schema, describeKey(key)));
    }
    return entries;
  }

  /** Writes a record; its schema is checked first, so that nothing unreadable is ever stored. */
  async put<T extends z.ZodType>(key: Key, schema: T, record: z.output<T>): Promise<void> {
    await this.stub.putState(this.nameOf(key), Buffer.from(canonicalJson(schema.parse(record)), 'utf8'));
  }

  async remove(key: Key): Promise<void> {
    await this.stub.deleteState(this.nameOf(key));
  }

  private nameOf(key: Key): string {
    return this.stub.createCompositeKey(key.objectType, [...key.attributes]);
  }

  /** A bookmark names a key: it may point only into the list that it came from. */
  private readBookmark(prefix: Key, bookmark: string): string {
    if (bookmark === '') return '';
    const start = Buffer.from(bookmark, 'base64url').toString('utf8');
    if (start.startsWith(this.nameOf(prefix))) return start;
    throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', 'bookmark: not one that this list gave');
  }
}

/** The peer's bookmarks are composite keys, which hold zero bytes: they travel in base64url. */
function writeBookmark(bookmark: string): string {
  return Buffer.from(bookmark, 'utf8').toString('base64url');
}

function historyEntry(change: Iterators.KeyModification, schema: z.ZodType, place: string): HistoryEntry {
  return {
    transactionId: change.txId,
    timestampMs: timestampMs(change.timestamp),
    deleted: change.isDelete,
    record: change.isDelete ? null : decode(change.value, schema, place),
  };
}

function decode<T extends z.ZodType>(bytes: Uint8Array, schema: T, place: string): z.output<T> {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (cause) {
    throw new BlosmError('BLOSM_E_CORRUPT_RECORD', `the record ${place} does not fit this version's schema`, { cause });
  }
}

function describeKey(key: Key): string {
  return [key.objectType, ...key.attributes].join(' ');
}
