import type { ContainerObservation } from './container';
import { currentContainer, type LaneView } from './lane-view';

/** Of the containers that have answered their health check, those that the view still shows running. */
export function stillRunning(healthy: ReadonlySet<string>, view: LaneView): ReadonlySet<string> {
  const running = new Set(view.containers.filter((c) => c.state === 'running').map((c) => c.containerId));
  return new Set([...healthy].filter((id) => running.has(id)));
}

/** Whether a newer list shows the view's container running at the same address. */
export function isWhereItWas(view: LaneView, listed: readonly ContainerObservation[]): boolean {
  const was = currentContainer(view);
  return listed.some((c) => c.containerId === was?.containerId && c.state === 'running' && c.host === was.host);
}

/** Nothing of the instance is here and it is somebody else's, or nobody's. */
export function isFinished(view: LaneView): boolean {
  const isForeign = view.instance === null || view.instance.ownerNodeId !== view.me;
  return isForeign && view.containers.length === 0 && view.facts.migrations.every((m) => m.closed);
}
