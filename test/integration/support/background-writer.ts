import { randomUUID } from 'node:crypto';
import type { Ledger } from '../../../agent/ports/ledger';
import { waitUntil } from '../../../network/processes';
import { containerFacts } from '../../support/ledger-samples';

/** Submits one transaction after the other while the network changes. */
export interface BackgroundWriter {
  /** Transactions that were committed, in order; each entry is its duration in milliseconds. */
  readonly committedMs: readonly number[];
  readonly failures: readonly unknown[];
  /** Resolves when so many more have been committed: what ran before them has been outlived. */
  more(count: number): Promise<void>;
  /** Resolves when the last one has ended. */
  stop(): Promise<void>;
}

export function startWriter(ledger: Ledger): BackgroundWriter {
  const committedMs: number[] = [];
  const failures: unknown[] = [];
  const stopping = new AbortController();
  const write = async (): Promise<void> => {
    const startedAt = performance.now();
    const share = { metadataId: `meta-${randomUUID()}`, instanceId: null, container: containerFacts() };
    await ledger.submit('MetadataContract:Share', [share]).then(
      () => committedMs.push(performance.now() - startedAt),
      (failure: unknown) => failures.push(failure),
    );
  };
  const running = (async () => {
    while (!stopping.signal.aborted) await write();
  })();
  return {
    committedMs,
    failures,
    more: async (count) => {
      const aim = committedMs.length + count;
      await waitUntil(() => committedMs.length >= aim, { deadlineMs: 30_000, what: `${count} more transactions` });
    },
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}
