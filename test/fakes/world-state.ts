import type { ChaincodeStub, Iterators } from 'fabric-shim-api';

/** Where a value was written last: block and place in the block, as Fabric versions its keys. */
export type Version = string;

/** What a transaction did to the world state, and what it saw; two endorsers must agree on all of it. */
export interface ReadWriteSet {
  readonly reads: ReadonlyMap<string, Version | null>;
  readonly ranges: readonly RangeRead[];
  /** Null: deleted. */
  readonly writes: ReadonlyMap<string, Buffer | null>;
}

interface RangeRead {
  readonly start: string;
  readonly end: string;
  readonly found: readonly (readonly [string, Version])[];
}

interface Stored {
  readonly value: Buffer;
  readonly version: Version;
}

interface Change {
  readonly txId: string;
  readonly timestampMs: number;
  readonly value: Buffer | null;
}

/** The committed state of one peer, with versions and histories. */
export class WorldStateStore {
  private readonly entries = new Map<string, Stored>();
  private readonly histories = new Map<string, Change[]>();

  clear(): void {
    this.entries.clear();
    this.histories.clear();
  }

  get(key: string): Stored | undefined {
    return this.entries.get(key);
  }

  /** Keys from start (included) to end (excluded), in the order of their bytes. */
  range(start: string, end: string): (readonly [string, Stored])[] {
    return [...this.entries]
      .filter(([key]) => key >= start && key < end)
      .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  /** Newest first. */
  history(key: string): readonly Change[] {
    return [...(this.histories.get(key) ?? [])].reverse();
  }

  /** What Fabric's validation says of a transaction that is next in order. */
  validate(set: ReadWriteSet): 'VALID' | 'MVCC_READ_CONFLICT' | 'PHANTOM_READ_CONFLICT' {
    for (const [key, version] of set.reads) {
      if ((this.entries.get(key)?.version ?? null) !== version) return 'MVCC_READ_CONFLICT';
    }
    const unchanged = set.ranges.every(
      ({ start, end, found }) => JSON.stringify(versionsOf(this.range(start, end))) === JSON.stringify(found),
    );
    return unchanged ? 'VALID' : 'PHANTOM_READ_CONFLICT';
  }

  apply(writes: ReadonlyMap<string, Buffer | null>, version: Version, txId: string, timestampMs: number): void {
    for (const [key, value] of writes) {
      if (value === null) this.entries.delete(key);
      else this.entries.set(key, { value, version });
      this.histories.set(key, [...(this.histories.get(key) ?? []), { txId, timestampMs, value }]);
    }
  }

  /** Everything that is stored, for comparing. */
  dump(): Map<string, string> {
    return new Map([...this.entries].map(([key, { value, version }]) => [key, `${version} ${value.toString('utf8')}`]));
  }
}

function versionsOf(entries: readonly (readonly [string, Stored])[]): (readonly [string, Version])[] {
  return entries.map(([key, { version }]) => [key, version]);
}

/** What a proposal carries. */
export interface FakeProposal {
  readonly txId: string;
  readonly timestampMs: number;
  readonly creator: { readonly mspId: string; readonly certificatePem: string };
  /** `Contract:Function`, then its arguments. */
  readonly args: readonly string[];
}

/** A composite key as the shim builds it. */
export function compositeKey(objectType: string, attributes: readonly string[]): string {
  for (const part of [objectType, ...attributes]) {
    if (part === '') throw new Error('object type or attribute not a non-zero length string');
  }
  return `\u0000${[objectType, ...attributes].map((part) => `${part}\u0000`).join('')}`;
}

const LAST = '\u{10ffff}';

/**
 * A ChaincodeStub over one peer's committed state. As in Fabric, a transaction does not see its own writes, an absent
 * key reads as an empty buffer, and a paged read forbids writing. What the contracts do not use is not there.
 */
export class FakeStub {
  readonly reads = new Map<string, Version | null>();
  readonly writes = new Map<string, Buffer | null>();
  readonly ranges: RangeRead[] = [];
  event: { readonly name: string; readonly payload: Buffer } | undefined;
  private paged = false;

  constructor(
    private readonly store: WorldStateStore,
    private readonly proposal: FakeProposal,
  ) {}

  /** As the contracts see it. */
  asStub(): ChaincodeStub {
    return this as unknown as ChaincodeStub;
  }

  getTxID(): string {
    return this.proposal.txId;
  }

  getChannelID(): string {
    return 'fake';
  }

  getFunctionAndParameters(): { fcn: string; params: string[] } {
    const [name = '', ...params] = this.proposal.args;
    return { fcn: name, params };
  }

  getCreator(): { mspid: string; idBytes: Uint8Array } {
    const { mspId, certificatePem } = this.proposal.creator;
    return { mspid: mspId, idBytes: Buffer.from(certificatePem, 'utf8') };
  }

  getTxTimestamp(): { seconds: { toString: () => string }; nanos: number } {
    const { timestampMs } = this.proposal;
    const seconds = Math.floor(timestampMs / 1000);
    return { seconds: { toString: () => String(seconds) }, nanos: (timestampMs % 1000) * 1_000_000 };
  }

  createCompositeKey(objectType: string, attributes: string[]): string {
    return compositeKey(objectType, attributes);
  }

  getState(key: string): Promise<Uint8Array> {
    const stored = this.store.get(key);
    this.reads.set(key, stored?.version ?? null);
    return Promise.resolve(stored?.value ?? Buffer.alloc(0));
  }

  putState(key: string, value: Uint8Array): Promise<void> {
    return this.write(key, Buffer.from(value));
  }

  deleteState(key: string): Promise<void> {
    return this.write(key, null);
  }

  getStateByPartialCompositeKey(objectType: string, attributes: string[]): AsyncIterable<Iterators.KV> {
    const start = compositeKey(objectType, attributes);
    const entries = this.store.range(start, start + LAST);
    this.ranges.push({ start, end: start + LAST, found: versionsOf(entries) });
    return iterate(entries.map(asKeyValue));
  }

  getStateByPartialCompositeKeyWithPagination(
    objectType: string,
    attributes: string[],
    pageSize: number,
    bookmark = '',
  ): Promise<{ iterator: Iterators.StateQueryIterator; metadata?: { fetchedRecordsCount: number; bookmark: string } }> {
    this.paged = true;
    const prefix = compositeKey(objectType, attributes);
    const entries = this.store.range(bookmark === '' ? prefix : bookmark, prefix + LAST);
    const page = entries.slice(0, pageSize);
    // The shim takes the metadata of an empty page, which are no bytes, for none.
    if (page.length === 0) return Promise.resolve({ iterator: cursor([]) });
    return Promise.resolve({
      iterator: cursor(page.map(asKeyValue)),
      metadata: { fetchedRecordsCount: page.length, bookmark: entries[pageSize]?.[0] ?? '' },
    });
  }

  getHistoryForKey(key: string): AsyncIterable<unknown> {
    return iterate(
      this.store.history(key).map(({ txId, timestampMs, value }) => ({
        txId,
        isDelete: value === null,
        value: value ?? Buffer.alloc(0),
        timestamp: { seconds: Math.floor(timestampMs / 1000), nanos: (timestampMs % 1000) * 1_000_000 },
      })),
    );
  }

  /** The last one wins, as in Fabric. */
  setEvent(name: string, payload: Uint8Array): void {
    this.event = { name, payload: Buffer.from(payload) };
  }

  private write(key: string, value: Buffer | null): Promise<void> {
    if (this.paged) return Promise.reject(new Error('a transaction that read a page cannot write'));
    this.writes.set(key, value);
    return Promise.resolve();
  }
}

function asKeyValue([key, { value }]: readonly [string, Stored]): Iterators.KV {
  return { namespace: 'blosm', key, value };
}

async function* iterate<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}

function cursor(items: readonly Iterators.KV[]): Iterators.StateQueryIterator {
  let place = 0;
  const next = (): Promise<Iterators.NextResult<Iterators.KV>> => {
    const value = items[place++];
    return Promise.resolve(
      value === undefined ? ({ done: true } as Iterators.NextResult<Iterators.KV>) : { value, done: false },
    );
  };
  return { next, close: () => Promise.resolve() };
}
