/** A place in a feed: the run of the agent that made it, and how many of that run's entries lie before it. */
export interface FeedPosition {
  readonly run: number;
  readonly sequence: number;
}

/** E.g. `1764096000000-42`. */
export const formatPosition = ({ run, sequence }: FeedPosition): string => `${run}-${sequence}`;

const POSITION = /^(\d{1,16})-(\d{1,16})$/;

/** Undefined for what is no position. */
export function parsePosition(text: string): FeedPosition | undefined {
  const [, run, sequence] = POSITION.exec(text) ?? [];
  return run === undefined || sequence === undefined ? undefined : { run: Number(run), sequence: Number(sequence) };
}

/** Where reading goes on, and why something lies between; an empty reason: nothing does. */
export interface FeedStart {
  readonly next: number;
  readonly gap: string;
}

/**
 * Where a reader goes on that has come to a place.
 * @param kept the first entry that is still there, and the one after the last
 */
export function resumeAt(
  from: FeedPosition,
  kept: { readonly run: number; readonly first: number; readonly end: number },
): FeedStart {
  if (from.run !== kept.run) return { next: kept.first, gap: 'the agent was restarted since' };
  const { sequence } = from;
  if (sequence < kept.first) return { next: kept.first, gap: `${kept.first - sequence} entries are no longer kept` };
  return { next: Math.min(sequence, kept.end), gap: '' };
}
