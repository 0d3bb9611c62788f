import type { NodeRecord, Position } from '../../chaincode/src/model';
import { covers } from './coverage';
import { activeNodes } from './lease';
import { nearestNodes } from './placement';

/**
 * Who may take over what a cluster that is drained owns, the best first: who covers the device, then the others by
 * their distance. A drain is an operator's order: it goes on where nobody covers the device.
 * @param position where the device was last; null: unknown, then the own site counts
 */
export function evacuationOrder(me: string, nodes: readonly NodeRecord[], position: Position | null): NodeRecord[] {
  const others = activeNodes(nodes).filter((node) => node.nodeId !== me && !node.cordoned);
  const from = position ?? nodes.find(({ nodeId }) => nodeId === me)?.site;
  if (from === undefined) return others;
  const near = nearestNodes(others, from);
  return [...near.filter((node) => covers(node, from)), ...near.filter((node) => !covers(node, from))];
}
