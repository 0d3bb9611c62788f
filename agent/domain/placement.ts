import type { Evaluation, NodeRecord, Position } from '../../chaincode/src/model';
import { covers } from './coverage';
import { distanceMeters } from './geo';
import { activeNodes } from './lease';

/** A node as a possible destination, with the reason why it is none. */
export interface Candidate {
  readonly nodeId: string;
  readonly name: string;
  /** From the device; null when its position is unknown. */
  readonly distanceMeters: number | null;
  readonly eligible: boolean;
  /** Its coverage holds the device, or it was asked for by name: with a true offer it would be eligible. */
  readonly inReach: boolean;
  readonly reasons: readonly string[];
}

export interface PlacementFacts {
  readonly nodes: readonly NodeRecord[];
  readonly sourceNodeId: string;
  readonly evaluations: readonly Evaluation[];
  /** Where the device is; null: unknown (then only a destination that was asked for by name is eligible). */
  readonly position: Position | null;
  /** The only node that may take over, whatever its coverage; null: the nearest. */
  readonly requestedDestination: string | null;
  readonly nowMs: number;
}

/**
 * All nodes but the source, the best first: among those whose offer is true and unexpired and whose coverage holds the
 * device, the nearest; ties by node id, so that everybody ranks alike.
 */
export function rankDestinations(facts: PlacementFacts): Candidate[] {
  return facts.nodes
    .filter((node) => node.nodeId !== facts.sourceNodeId)
    .map((node) => candidateOf(node, facts))
    .sort(compareCandidates);
}

function candidateOf(node: NodeRecord, facts: PlacementFacts): Candidate {
  const ofPlace = [...stateReasons(node), ...placeReasons(node, facts)];
  const reasons = [...offerReasons(node, facts), ...ofPlace];
  return {
    nodeId: node.nodeId,
    name: node.name,
    distanceMeters: facts.position === null ? null : distanceMeters(node.site, facts.position),
    eligible: reasons.length === 0,
    inReach: ofPlace.length === 0,
    reasons,
  };
}

/** What a suspended node offered before counts no more; a cordoned one's offer does. */
function stateReasons({ state }: NodeRecord): string[] {
  return state === 'ACTIVE' ? [] : ['it is suspended'];
}

function offerReasons(node: NodeRecord, facts: PlacementFacts): string[] {
  const evaluation = facts.evaluations.find((e) => e.nodeId === node.nodeId);
  if (evaluation === undefined) return ['has not evaluated'];
  if (!evaluation.verdict) return evaluation.reasons.map((reason) => `evaluated false: ${reason}`);
  const isOpen = evaluation.offerExpiresAtMs !== null && evaluation.offerExpiresAtMs > facts.nowMs;
  return isOpen ? [] : ['its offer has expired'];
}

function placeReasons(node: NodeRecord, facts: PlacementFacts): string[] {
  if (facts.requestedDestination !== null) {
    return facts.requestedDestination === node.nodeId ? [] : [`${facts.requestedDestination} was asked for`];
  }
  if (facts.position === null) return ['where the device is, is not known'];
  return covers(node, facts.position) ? [] : ['the device is outside its coverage'];
}

function compareCandidates(a: Candidate, b: Candidate): number {
  if (a.eligible !== b.eligible) return a.eligible ? -1 : 1;
  return isNearer(a, b) ? -1 : 1;
}

/** True when the first of two different candidates comes before the second, all else being equal. */
export function isNearer(a: Candidate, b: Candidate): boolean {
  // All have a distance or none.
  const meters = Number(a.distanceMeters) - Number(b.distanceMeters);
  return meters === 0 ? a.nodeId < b.nodeId : meters < 0;
}

/** The nodes by distance from a position, nearest first: the order in which request migration asks for room. */
export function nearestNodes(nodes: readonly NodeRecord[], from: Position): NodeRecord[] {
  return nodes
    .map((node) => ({ node, meters: distanceMeters(node.site, from) }))
    .sort((a, b) => a.meters - b.meters || (a.node.nodeId < b.node.nodeId ? -1 : 1))
    .map(({ node }) => node);
}

/** The active covering node that is nearest to the device; undefined: nobody covers it. */
export function nearestCovering(nodes: readonly NodeRecord[], position: Position): NodeRecord | undefined {
  return nearestNodes(activeNodes(nodes), position).find((node) => covers(node, position));
}
