import { untilAborted } from './cancellation';
import { DELIVER_FILTERED, followBlocks } from './deliver';
import type { Delivered } from './deliver';
import { protos } from './protos';
import type { Session } from './session';

/** What a block says of a transaction. */
export interface CommitStatus {
  /** Name of Fabric's `TxValidationCode`, e.g. `VALID`. */
  readonly validationCode: string;
  readonly blockNumber: number;
}

/** Waits for one transaction. */
export interface CommitWaiter {
  readonly status: Promise<CommitStatus>;
  /** What is known now. */
  current(): CommitStatus | undefined;
  dispose(): void;
}

interface FilteredBlock {
  readonly number: number;
  readonly codes: ReadonlyMap<string, string>;
}

/**
 * Tells when the own peer has committed a transaction, from one long-lived stream of filtered blocks. Its waiters are
 * registered before the envelope leaves, and a stream that broke goes on where it was: nothing is missed. The SDK's own
 * handlers wait for dead peers and lose streams for good.
 */
export class CommitWatcher {
  readonly #waiting = new Map<string, (status: CommitStatus) => void>();
  readonly #heightWaits = new Set<{ readonly height: number; readonly resolve: () => void }>();
  readonly #closed = new AbortController();
  readonly #ended: Promise<void>;
  #height = 0;

  constructor(private readonly session: Session) {
    this.#ended = this.#run();
  }

  /** Resolves once the own peer has so many blocks. 1 means: the stream has a position, so that no block will be missed. */
  async waitForHeight(height: number, signal: AbortSignal): Promise<void> {
    if (this.#height >= height) return;
    let wait: { readonly height: number; readonly resolve: () => void } | undefined;
    const reached = new Promise<void>((resolve) => {
      wait = { height, resolve };
      this.#heightWaits.add(wait);
    });
    try {
      await untilAborted(reached, signal);
    } finally {
      if (wait !== undefined) this.#heightWaits.delete(wait);
    }
  }

  expect(transactionId: string): CommitWaiter {
    let known: CommitStatus | undefined;
    const status = new Promise<CommitStatus>((resolve) => {
      this.#waiting.set(transactionId, (found) => {
        known = found;
        resolve(found);
      });
    });
    return { status, current: () => known, dispose: () => this.#waiting.delete(transactionId) };
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const blocks = followBlocks<FilteredBlock>(this.session, {
      service: DELIVER_FILTERED,
      read: readFilteredBlock,
      numberOf: (block) => block.number,
      startAt: (next) => Promise.resolve(next ?? 'newest'),
      signal: this.#closed.signal,
    });
    for await (const block of blocks) this.#see(block);
  }

  #see(block: FilteredBlock): void {
    this.#height = block.number + 1;
    for (const [transactionId, validationCode] of block.codes) {
      this.#waiting.get(transactionId)?.({ validationCode, blockNumber: block.number });
    }
    for (const wait of this.#heightWaits) if (wait.height <= this.#height) wait.resolve();
  }
}

export function readFilteredBlock(bytes: Uint8Array): Delivered<FilteredBlock> {
  const response = protos.protos.DeliverResponse.decode(bytes);
  const block = response.filtered_block;
  if (!block) return { status: response.status ?? 0 };
  const codes = new Map<string, string>();
  for (const { txid, tx_validation_code } of block.filtered_transactions ?? []) {
    // The first of two equal transaction ids in a block is the one that counts.
    if (txid && !codes.has(txid)) codes.set(txid, validationName(tx_validation_code ?? 0));
  }
  return { block: { number: Number(block.number), codes } };
}

export function validationName(code: number): string {
  return protos.protos.TxValidationCode[code] ?? `CODE_${code}`;
}
