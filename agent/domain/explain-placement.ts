import type { NodeRecord, Position } from '../../chaincode/src/model';
import { covers } from './coverage';
import { distanceMeters } from './geo';

/** A cluster as a place for an instance or a first request, with all that speaks against it. */
export interface Place {
  readonly node: NodeRecord;
  readonly isOwner: boolean;
  /** Null: nobody knows where the device is. */
  readonly distanceMeters: number | null;
  readonly covers: boolean | null;
  readonly eligible: boolean;
  readonly reasons: readonly string[];
}

export interface PlaceFacts {
  readonly nodes: readonly NodeRecord[];
  /** Who owns the instance; null: it is about a first request, which needs no coverage. */
  readonly ownerNodeId: string | null;
  readonly position: Position | null;
  /** What each has said of its room, by node id: empty, or why there is none. */
  readonly rooms: ReadonlyMap<string, string>;
}

/** All clusters, the best first: those that could take over now by their distance, then the others. */
export function explainPlaces(facts: PlaceFacts): Place[] {
  return facts.nodes.map((node) => placeOf(node, facts)).sort(comparePlaces);
}

function placeOf(node: NodeRecord, facts: PlaceFacts): Place {
  const { position, ownerNodeId } = facts;
  const isOwner = node.nodeId === ownerNodeId;
  const reasons = isOwner ? ['it runs here'] : [...stateReasons(node, facts), ...reachReasons(node, facts)];
  return {
    node,
    isOwner,
    distanceMeters: position === null ? null : distanceMeters(node.site, position),
    covers: position === null ? null : covers(node, position),
    eligible: reasons.length === 0,
    reasons,
  };
}

function stateReasons({ nodeId, state, cordoned }: NodeRecord, { rooms }: PlaceFacts): string[] {
  if (state === 'SUSPENDED') return ['it is suspended'];
  if (cordoned) return ['it is cordoned: it takes nothing new'];
  const room = rooms.get(nodeId) ?? '';
  return room === '' ? [] : [room];
}

function reachReasons(node: NodeRecord, { ownerNodeId, position }: PlaceFacts): string[] {
  if (ownerNodeId === null) return [];
  if (position === null) return ['where the device is, is not known'];
  return covers(node, position) ? [] : ['the device is outside its coverage'];
}

function comparePlaces(a: Place, b: Place): number {
  if (a.eligible !== b.eligible) return a.eligible ? -1 : 1;
  // All have a distance or none.
  const meters = Number(a.distanceMeters) - Number(b.distanceMeters);
  if (meters !== 0) return meters;
  return a.node.nodeId < b.node.nodeId ? -1 : 1;
}

/** What is decided on these places for an instance, in a sentence. */
export function describeDecision(places: readonly Place[], stay: { readonly reason: string } | null): string {
  const owner = places.find(({ isOwner }) => isOwner);
  const here = owner?.node.name ?? 'its owner';
  const best = places.find(({ eligible }) => eligible);
  if (stay !== null) return `stays at ${here}: ${stay.reason}`;
  if (owner?.covers === null) return `stays at ${here}: where the device is, is not known`;
  if (owner?.covers === true) return `stays at ${here}: the device is inside its coverage`;
  if (best !== undefined) return `goes to ${best.node.name}, once the device has been out for long enough`;
  const covering = places.find(({ covers: isCovered }) => isCovered);
  const through = covering === undefined ? '' : `; ${covering.node.name} passes on what the device sends`;
  return `stays at ${here}: no cluster that covers the device takes it${through}`;
}

/** What is decided for a first request. */
export function describeFirstRequest(places: readonly Place[]): string {
  const best = places.find(({ eligible }) => eligible);
  return best === undefined ? 'is refused: no cluster has room' : `is served at ${best.node.name}`;
}
