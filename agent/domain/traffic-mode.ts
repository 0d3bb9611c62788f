import type { LaneView } from './lane-view';
import { beginsAnew, currentContainer, factsOf, hasForgotten } from './lane-view';
import { isRetiring } from './retirement';

/** What becomes of a request for an instance, as far as this node knows. */
export type TrafficMode =
  | { readonly kind: 'serve'; readonly host: string; readonly port: number }
  /** It is about to be served here: hold the request, but not for ever. */
  | { readonly kind: 'starting'; readonly reason: string }
  /** Closed for its migration. */
  | { readonly kind: 'refuse'; readonly reason: string }
  | { readonly kind: 'forward'; readonly nodeId: string }
  | { readonly kind: 'gone' };

/**
 * Derived from what is known, never set: so a restart leads to the same answer. An instance with state is served only
 * on a fresh view, or a copy that was overtaken while this agent slept might acknowledge a write.
 */
export function trafficMode(view: LaneView): TrafficMode {
  const { instance } = view;
  if (instance === null) return { kind: 'gone' };
  if (instance.ownerNodeId !== view.me) return foreignMode(view, instance.ownerNodeId);
  if (isClosed(view)) return { kind: 'refuse', reason: 'the service is being migrated' };
  if (view.shut || (isRetiring(view) && view.migration === null)) {
    return { kind: 'starting', reason: 'the instance is being removed' };
  }
  if (!view.fresh && view.service?.state !== 'none')
    return { kind: 'starting', reason: 'the ledger is being caught up' };
  return containerMode(view);
}

/** What is left of a life that an operator gave up does not answer any more, even while it runs. */
function containerMode(view: LaneView): TrafficMode {
  const container = beginsAnew(view) ? undefined : currentContainer(view);
  if (container?.state !== 'running' || !view.healthy.has(container.containerId)) {
    return { kind: 'starting', reason: 'the container is being started' };
  }
  return { kind: 'serve', host: container.host, port: container.port };
}

/** A prepared copy is about to become the owner's: requests that come early wait for the ledger. */
function foreignMode(view: LaneView, ownerNodeId: string): TrafficMode {
  const isPrepared = view.migration?.prepares.some((p) => p.nodeId === view.me) ?? false;
  if (isPrepared && view.migration?.record.state === 'PROPOSED') {
    return { kind: 'starting', reason: 'the hand-over is under way' };
  }
  return { kind: 'forward', nodeId: ownerNodeId };
}

function isClosed(view: LaneView): boolean {
  const { migration } = view;
  if (migration?.record.state !== 'PROPOSED' || migration.record.sourceNodeId !== view.me) return false;
  return factsOf(view, migration.record.migrationId).drainBegun || hasForgotten(view, migration);
}
