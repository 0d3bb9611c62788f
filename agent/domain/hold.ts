import type { NodeRecord, Position } from '../../chaincode/src/model';
import { covers } from './coverage';

/**
 * An operator has moved the instance to a cluster that does not cover its device: it stays there until the device next
 * enters a coverage. Else the new owner would send it straight back.
 */
export interface Hold {
  /** The clusters that covered the device at its last position. */
  readonly covering: ReadonlySet<string>;
}

/**
 * Takes in a position of the device at the cluster that holds.
 * @param before undefined: the first position since the move
 * @returns null when the hold is over
 */
export function holdAfter(
  before: Hold | undefined,
  me: string,
  nodes: readonly NodeRecord[],
  position: Position,
): Hold | null {
  const covering = new Set(nodes.filter((node) => covers(node, position)).map(({ nodeId }) => nodeId));
  if (covering.has(me)) return null;
  const hasEntered = before !== undefined && [...covering].some((nodeId) => !before.covering.has(nodeId));
  return hasEntered ? null : { covering };
}
