import type { NodeRecord, Position, Resources } from '../../chaincode/src/model';
import { describeShortages } from './capacity';
import { nearestNodes } from './placement';

/** What a request without an instance leads to (Algorithm 3, lines 10-17). */
export type Admission =
  | { readonly kind: 'create' }
  /** Request migration: the next nearest clusters, in the order in which they are asked for room. */
  | { readonly kind: 'request-migration'; readonly candidates: readonly string[]; readonly reason: string }
  | { readonly kind: 'refuse'; readonly reason: string };

export interface AdmissionFacts {
  readonly me: string;
  /** Nothing where a shared container of the service runs already. */
  readonly need: Resources;
  readonly remaining: Resources;
  /** Why this cluster cannot run the service at all (type, platform, admission); empty: it can. */
  readonly unfit: readonly string[];
  readonly nodes: readonly NodeRecord[];
  /** Of the device; null: unknown, then the own site counts. */
  readonly position: Position | null;
  /** Another cluster has migrated the request to this one: it never goes on. */
  readonly migrated: boolean;
}

export function admit(facts: AdmissionFacts): Admission {
  const reasons = [...facts.unfit, ...describeShortages(facts.need, facts.remaining)];
  if (reasons.length === 0) return { kind: 'create' };
  const reason = reasons.join('; ');
  if (facts.migrated) return { kind: 'refuse', reason };
  const from = facts.position ?? facts.nodes.find((node) => node.nodeId === facts.me)?.site;
  const others = facts.nodes.filter(
    ({ nodeId, state, cordoned }) => nodeId !== facts.me && state === 'ACTIVE' && !cordoned,
  );
  const candidates = (from === undefined ? others : nearestNodes(others, from)).map((node) => node.nodeId);
  return candidates.length === 0 ? { kind: 'refuse', reason } : { kind: 'request-migration', candidates, reason };
}
