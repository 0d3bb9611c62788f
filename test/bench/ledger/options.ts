import { parseArgs } from 'node:util';

/** What `npm run bench -- ledger` is asked for. */
export interface LedgerBenchOptions {
  /** Network sizes, one after the other. */
  readonly peers: readonly number[];
  /** Decisions per size that count; half of them wait for commits, half for records. */
  readonly samples: number;
  /** Transactions with either adapter that count; 0 leaves the adapters out. */
  readonly transactions: number;
  /** How long the orderer waits for more transactions before it cuts a block; null: what suits the size. */
  readonly batchTimeoutMs: number | null;
  /** First port of the networks; ten for each peer. */
  readonly basePort: number;
  /** Where the JSON goes. */
  readonly out: string;
}

const HIGHEST_PORT = 65_535;
const PORTS_PER_PEER = 10;
const MOST_PEERS = 200;

/** @throws Error that says what may be given */
export function parseLedgerOptions(args: readonly string[]): LedgerBenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      peers: { type: 'string', default: '3,10,30,100' },
      samples: { type: 'string', default: '20' },
      transactions: { type: 'string', default: '100' },
      'batch-timeout': { type: 'string' },
      'base-port': { type: 'string', default: '27050' },
      out: { type: 'string', default: '.blosm/bench' },
    },
  });
  // A migration needs somebody to go to.
  const peers = values.peers.split(',').map((text) => whole('--peers', text, 2, MOST_PEERS));
  const room = HIGHEST_PORT - PORTS_PER_PEER * Math.max(...peers);
  const timeout = values['batch-timeout'];
  return {
    peers,
    samples: whole('--samples', values.samples, 2, 10_000),
    transactions: whole('--transactions', values.transactions, 0, 100_000),
    batchTimeoutMs: timeout === undefined ? null : whole('--batch-timeout', timeout, 1, 60_000),
    basePort: whole('--base-port', values['base-port'], 1024, room),
    out: values.out,
  };
}

function whole(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${option}: ${JSON.stringify(text)} is not a whole number from ${least} to ${most}`);
}
