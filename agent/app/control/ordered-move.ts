import { BlosmError, type InstanceRecord, type NodeRecord, type Strategy } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type { MigrationOrder } from '../../ports/control';
import type { Agent } from '../agent';
import { nameIn } from './views';

/** What an order means here and now. */
export interface OrderedMove {
  readonly instance: InstanceRecord;
  readonly nodes: readonly NodeRecord[];
  /** The only cluster that may take over; null: any. */
  readonly requested: NodeRecord | null;
  readonly strategy: Strategy;
}

/**
 * Reads an order that only the instance's owner carries out. Changes nothing.
 * @throws BlosmError BLOSM_E_NOT_FOUND, BLOSM_E_NOT_OWNER, BLOSM_E_INVALID_ARGUMENT, and those of the ledger
 */
export async function orderedMove(agent: Agent, order: MigrationOrder, options: CallOptions): Promise<OrderedMove> {
  const { ledger, settings } = agent.context;
  const instance = await ledger.query('InstanceContract:Get', [order.instanceId], options);
  const nodes = await agent.cache.nodes();
  if (instance.ownerNodeId !== ledger.nodeId) {
    const owner = nameIn(nodes, instance.ownerNodeId);
    throw new BlosmError('BLOSM_E_NOT_OWNER', `${order.instanceId} belongs to ${owner}: ask its agent`);
  }
  const requested = order.to === null ? null : nodeNamed(nodes, order.to);
  if (requested?.nodeId === ledger.nodeId) {
    throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', `${order.instanceId} is on ${order.to ?? ''} already`);
  }
  return { instance, nodes, requested, strategy: order.strategy ?? settings.strategy };
}

/** By short name or node id. @throws BlosmError BLOSM_E_NOT_FOUND */
function nodeNamed(nodes: readonly NodeRecord[], name: string): NodeRecord {
  const found = nodes.find((node) => node.name === name || node.nodeId === name);
  if (found !== undefined) return found;
  const known = nodes.map((node) => node.name).join(', ');
  throw new BlosmError('BLOSM_E_NOT_FOUND', `no cluster ${name}; there are ${known}`);
}
