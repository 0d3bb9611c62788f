import type { NodeRecord, Position } from '../../chaincode/src/model';
import { covers } from './coverage';
import { activeNodes } from './lease';

/** What another cluster's agent has said lately of a service's need; none: it has not been asked. */
export interface RoomWord {
  /** False: it did not answer. */
  readonly answers: boolean;
  readonly hasRoom: boolean;
}

export interface ChanceFacts {
  readonly me: string;
  readonly nodes: readonly NodeRecord[];
  /** Where the device is. */
  readonly position: Position;
  /** The stage at which the last attempt to move the instance failed; null: none did. */
  readonly failedAt: string | null;
  /** By node id. */
  readonly words: ReadonlyMap<string, RoomWord>;
}

/** The other clusters that could take over by what the ledger says: they cover the device and take in what is new. */
export function takers(me: string, nodes: readonly NodeRecord[], position: Position): NodeRecord[] {
  return activeNodes(nodes).filter((node) => node.nodeId !== me && !node.cordoned && covers(node, position));
}

/**
 * What speaks for an attempt to move the instance, as names that can be compared: one that was not there at the last
 * attempt is news. What counts depends on why the last attempt failed: nobody had room, or too few nodes confirmed.
 */
export function chancesOf(facts: ChanceFacts): ReadonlySet<string> {
  const covering = takers(facts.me, facts.nodes, facts.position);
  return new Set([
    ...covering.map(({ nodeId }) => `${nodeId} covers`),
    ...(facts.failedAt === 'evaluate' ? roomChances(covering, facts) : []),
    ...(facts.failedAt === 'confirm' ? quorumChances(facts) : []),
  ]);
}

/** All chances that are there, whatever counts: none of them is news after an attempt. */
export function standingChances(facts: ChanceFacts): ReadonlySet<string> {
  return new Set(['evaluate', 'confirm'].flatMap((failedAt) => [...chancesOf({ ...facts, failedAt })]));
}

function roomChances(covering: readonly NodeRecord[], { words }: ChanceFacts): string[] {
  return covering.filter(({ nodeId }) => words.get(nodeId)?.hasRoom).map(({ nodeId }) => `${nodeId} has room`);
}

/** Other members make another 90 %; and whoever was away confirms again once its agent answers. */
function quorumChances({ me, nodes, words }: ChanceFacts): string[] {
  const ids = activeNodes(nodes)
    .map(({ nodeId }) => nodeId)
    .sort();
  const doAllAnswer = ids.every((nodeId) => nodeId === me || words.get(nodeId)?.answers);
  return [`members ${ids.join(' ')}`, ...(doAllAnswer ? ['all answer'] : [])];
}

/** Whom to ask for room before another attempt; nobody when the answers would not matter. */
export function whomToAsk({ me, nodes, position, failedAt }: Omit<ChanceFacts, 'words'>): string[] {
  if (failedAt === 'evaluate') return takers(me, nodes, position).map(({ nodeId }) => nodeId);
  if (failedAt !== 'confirm') return [];
  return activeNodes(nodes).flatMap(({ nodeId }) => (nodeId === me ? [] : [nodeId]));
}

/** The attempts to move an instance that this cluster has made in one epoch. */
export interface Attempts {
  readonly epoch: number;
  readonly count: number;
  readonly lastAtMs: number;
  /** The chances that were there at the last attempt and have not gone since. */
  readonly tried: ReadonlySet<string>;
}

/** An instance that cannot be moved is left alone for longer each time, at most so many times the base. */
const MAX_BACKOFF_FACTOR = 16;
/** With news it is tried again after this part of the base, longer each time, at most the base itself: never a storm. */
const NEWS_SHARE = 1 / 4;

export interface AskFacts {
  readonly epoch: number;
  readonly chances: ReadonlySet<string>;
  readonly nowMs: number;
  readonly backoffMs: number;
  /** A position has just come in; else only news count: an old position is not acted upon again and again. */
  readonly isReport: boolean;
}

/** Whether the instance is to be proposed (again) now. Attempts of another epoch do not count. */
export function mayAsk(attempts: Attempts | undefined, facts: AskFacts): boolean {
  if (attempts?.epoch !== facts.epoch) return true;
  return Math.abs(facts.nowMs - attempts.lastAtMs) >= pauseMs(attempts, facts);
}

function pauseMs(attempts: Attempts, { chances, backoffMs, isReport }: AskFacts): number {
  const { withNewsMs, withReportMs } = pausesMs(attempts, backoffMs);
  if ([...chances].some((chance) => !attempts.tried.has(chance))) return withNewsMs;
  return isReport ? withReportMs : Infinity;
}

function pausesMs({ count }: Attempts, backoffMs: number): Readonly<Record<'withNewsMs' | 'withReportMs', number>> {
  const growth = 2 ** Math.min(30, count - 1);
  return {
    withNewsMs: backoffMs * Math.min(1, NEWS_SHARE * growth),
    withReportMs: backoffMs * Math.min(MAX_BACKOFF_FACTOR, growth),
  };
}

/** From when on a new position of the device, or news, are enough for another attempt: milliseconds since 1970. */
export function attemptTimes(
  attempts: Attempts,
  backoffMs: number,
): { readonly positionFromMs: number; readonly newsFromMs: number } {
  const { withNewsMs, withReportMs } = pausesMs(attempts, backoffMs);
  return { positionFromMs: attempts.lastAtMs + withReportMs, newsFromMs: attempts.lastAtMs + withNewsMs };
}

/** The attempts with one more, at which these chances stood. */
export function attempted(
  attempts: Attempts | undefined,
  { epoch, nowMs }: AskFacts,
  standing: ReadonlySet<string>,
): Attempts {
  const count = attempts?.epoch === epoch ? attempts.count : 0;
  return { epoch, count: count + 1, lastAtMs: nowMs, tried: standing };
}

/** A chance that has gone is news when it comes again. */
export function forgetGone(attempts: Attempts, chances: ReadonlySet<string>): Attempts {
  return { ...attempts, tried: new Set([...attempts.tried].filter((chance) => chances.has(chance))) };
}
