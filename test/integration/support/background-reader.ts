import type { Ledger } from '../../../agent/ports/ledger';
import { waitUntil } from '../../../network/processes';

/** Asks one question after the other while the network changes. */
export interface BackgroundReader {
  readonly failures: readonly unknown[];
  /** Resolves when so many more have been answered. */
  more(count: number): Promise<void>;
  /** Resolves when the last one has ended. */
  stop(): Promise<void>;
}

const PAGE = { pageSize: 100, bookmark: '' };

/** Reads everything that there is a list of. */
export function startReader(ledger: Ledger): BackgroundReader {
  let answered = 0;
  const failures: unknown[] = [];
  const stopping = new AbortController();
  const questions = [
    () => ledger.query('NodeContract:List', []),
    () => ledger.query('InstanceContract:List', [PAGE]),
    () => ledger.query('MigrationContract:List', [PAGE]),
  ];
  const read = async (): Promise<void> => {
    for (const question of questions) await question().catch((failure: unknown) => failures.push(failure));
    answered += 1;
  };
  const running = (async () => {
    while (!stopping.signal.aborted) await read();
  })();
  return {
    failures,
    more: async (count) => {
      const aim = answered + count;
      await waitUntil(() => answered >= aim, { deadlineMs: 30_000, what: `${count} more answers` });
    },
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}
