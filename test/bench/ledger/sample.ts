import type { ConfirmationSource } from '../../../agent/domain/quorum';
import type { SubmitTimes } from '../../../agent/ports/ledger';
import type { Figure } from '../report';
import { summarize } from '../statistics';

/** One decision as its source saw it. Milliseconds count from the call of submit(Propose). */
export interface Sample {
  /** What the source waited for. */
  readonly source: ConfirmationSource;
  readonly times: SubmitTimes;
  /** The own peer had committed the proposal, and submit had come back. */
  readonly proposedMs: number;
  /** 90 % of the nodes confirmed by commits; null where the source waited for records. */
  readonly commitsMs: number | null;
  /** An evaluation with an offer was read. */
  readonly offerMs: number;
  /** 90 % of the nodes' confirmation records were read. */
  readonly recordsMs: number;
  readonly bytes: SampleBytes;
}

/** What the block file of one peer grew by. */
export interface SampleBytes {
  readonly propose: number;
  readonly evaluations: number;
  readonly abort: number;
  /** Blocks that held the evaluations. */
  readonly evaluationBlocks: number;
}

/** What was written by a migration that was carried to its end, beyond Propose and the evaluations. */
export interface PathBytes {
  readonly prepare: number;
  readonly handOver: number;
  readonly complete: number;
}

/** The part of a decision that each stage took; they add up to its whole. */
export interface Split {
  readonly endorseMs: number;
  readonly orderMs: number;
  readonly ownCommitMs: number;
  /** From the own commit on: until 90 % of the peers had committed, or 90 % of the records were there. */
  readonly spreadMs: number;
  readonly wholeMs: number;
}

/** Splits a decision by what its source waited for. */
export function splitOf({ source, times, commitsMs, recordsMs }: Sample): Split {
  const wholeMs = source === 'commit' ? (commitsMs ?? NaN) : recordsMs;
  const { endorseMs, orderMs, commitMs } = times;
  return { endorseMs, orderMs, ownCommitMs: commitMs, spreadMs: wholeMs - endorseMs - orderMs - commitMs, wholeMs };
}

/** From when on the source can pick: it has its 90 %, and an offer. */
export function decidedMs(sample: Sample): number {
  return Math.max(splitOf(sample).wholeMs, sample.offerMs);
}

const WORDS = {
  commit: { whole: 'propose to 90 % by commit events', spread: "- spread: own commit to 90 % of the peers'" },
  records: { whole: 'propose to 90 % by records', spread: '- spread: own commit to 90 % of the records' },
} as const satisfies Record<ConfirmationSource, { whole: string; spread: string }>;

/** The rows of one source. */
export function decisionFigures(samples: readonly Sample[], source: ConfirmationSource, target: string): Figure[] {
  const own = samples.filter((sample) => sample.source === source);
  const splits = own.map(splitOf);
  const { whole, spread } = WORDS[source];
  return [
    ...spanFigures(
      whole,
      splits.map((split) => split.wholeMs),
      `${own.length} samples${target}`,
    ),
    ...halves(
      '- endorse',
      splits.map((split) => split.endorseMs),
    ),
    ...halves(
      '- order',
      splits.map((split) => split.orderMs),
    ),
    ...halves(
      '- commit on the own peer',
      splits.map((split) => split.ownCommitMs),
    ),
    ...halves(
      spread,
      splits.map((split) => split.spreadMs),
    ),
    ...halves(
      'first true offer read',
      own.map((sample) => sample.offerMs),
    ),
    ...halves('decided: 90 % and an offer', own.map(decidedMs)),
  ];
}

function spanFigures(what: string, values: readonly number[], note: string): Figure[] {
  const { p50, p95, min, max } = summarize(values);
  return [
    { what: `${what}, p50`, unit: 'ms', value: p50, note },
    { what: '  p95', unit: 'ms', value: p95, note: '' },
    { what: '  min', unit: 'ms', value: min, note: '' },
    { what: '  max', unit: 'ms', value: max, note: '' },
  ];
}

function halves(what: string, values: readonly number[]): Figure[] {
  const { p50, p95 } = summarize(values);
  return [
    { what: `${what}, p50`, unit: 'ms', value: p50, note: '' },
    { what: '  p95', unit: 'ms', value: p95, note: '' },
  ];
}

/** The rows about what a migration adds to every peer's ledger. */
export function bytesFigures(samples: readonly Sample[], path: PathBytes, peers: number): Figure[] {
  const half = (of: (bytes: SampleBytes) => number): number => summarize(samples.map(({ bytes }) => of(bytes))).p50;
  const bytes = (what: string, value: number, note = ''): Figure => ({ what, unit: 'bytes', value, note });
  const decision = half(({ propose, evaluations }) => propose + evaluations);
  const { prepare, handOver, complete } = path;
  return [
    bytes('ledger, per migration', decision + prepare + handOver + complete, 'to COMPLETED, on each peer'),
    bytes(
      '- propose',
      half(({ propose }) => propose),
      'its block',
    ),
    bytes(
      `- ${peers - 1} evaluations`,
      half(({ evaluations }) => evaluations),
      blocksNote(samples),
    ),
    bytes('- prepare', prepare),
    bytes('- hand-over', handOver),
    bytes('- complete', complete),
    bytes(
      '- abort',
      half(({ abort }) => abort),
      'instead of the last three',
    ),
  ];
}

function blocksNote(samples: readonly Sample[]): string {
  return `in ${summarize(samples.map(({ bytes }) => bytes.evaluationBlocks)).p50} blocks`;
}
