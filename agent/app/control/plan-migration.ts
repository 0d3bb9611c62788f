import type { NodeRecord, Position, ServiceRecord } from '../../../chaincode/src/model';
import { BlosmError } from '../../../chaincode/src/model';
import { covers } from '../../domain/coverage';
import { distanceMeters } from '../../domain/geo';
import type { CallOptions } from '../../ports/call';
import type { MigrationOrder, MigrationPlanView } from '../../ports/control';
import type { Agent } from '../agent';
import { orderedMove } from './ordered-move';

/** A shared container is left alone: the others use it, and it keeps nothing that would have to move. */
const SHARED_STEPS = [
  'propose on the ledger with the container metadata',
  'wait until 90 % of the nodes have confirmed and evaluated',
  'pick the destination',
  "the destination finds its own shared container, or starts one from the service's image",
  'the destination prepares on the ledger',
  'hand over on the ledger: the owner changes and the epoch rises',
  'the destination serves and completes; the container here goes if nobody else uses it',
];

const REGISTRY_STEPS = [
  'propose on the ledger with the container metadata',
  'wait until 90 % of the nodes have confirmed and evaluated',
  'pick the destination',
  'drain: let requests end, refuse new ones with Retry-After',
  'stop the container',
  'commit it to an image',
  'push the image to the private registry (changed layers only)',
  'the destination pulls missing layers, verifies the digest, starts and warms the container',
  'the destination prepares on the ledger',
  'hand over on the ledger: the owner changes and the epoch rises',
  'the destination serves and completes; the old copy is removed',
];

/**
 * Looks and tells: whom would be asked, what would be done. Changes nothing.
 * @throws BlosmError with which the order itself would be refused
 */
export async function planMigration(
  agent: Agent,
  order: MigrationOrder,
  options: CallOptions,
): Promise<MigrationPlanView> {
  const { ledger, engine } = agent.context;
  const { instance, nodes, strategy } = await orderedMove(agent, order, options);
  const lane = agent.lanes.get(order.instanceId);
  if (lane !== undefined) await agent.mover.check(lane, strategy);
  const service = await agent.cache.service(instance.serviceId);
  if (service === null) throw new BlosmError('BLOSM_E_NOT_FOUND', `no service ${instance.serviceId}`);
  const containers = await engine.listContainers(ledger.nodeId, options);
  const isSharedTenancy = service.tenancy === 'shared';
  const container = containers.find((c) => c.instanceId === order.instanceId);
  const usage = container === undefined ? null : await engine.usage(container.containerId, options);
  const others = nodes.filter((node) => node.nodeId !== ledger.nodeId);
  const destinations = await Promise.all(others.map((node) => destinationOf(agent, node, service, order)));
  return {
    instanceId: order.instanceId,
    strategy,
    destinations: destinations.sort((a, b) => rank(a) - rank(b)),
    steps: isSharedTenancy ? SHARED_STEPS : REGISTRY_STEPS,
    notes: notesOf(agent, order),
    bytesToMove: isSharedTenancy ? 0 : (usage?.writableBytes ?? null),
  };
}

/** An operator's order goes beyond the coverage; the rules of the position must not undo it at once. */
function notesOf(agent: Agent, { instanceId, to }: MigrationOrder): string[] {
  const position = agent.lanes.get(instanceId)?.coverage?.position;
  const node = agent.cache.nodesNow().find(({ name, nodeId }) => name === to || nodeId === to);
  if (position === undefined || node === undefined || covers(node, position)) return [];
  const until = 'it stays there until the device next enters a coverage';
  return [`the device is outside the coverage of ${node.name}: ${until}`];
}

type Destination = MigrationPlanView['destinations'][number];

/** Asks the node for room: the answer that its evaluation would give now, without a record on the ledger. */
async function destinationOf(
  agent: Agent,
  node: NodeRecord,
  service: ServiceRecord,
  order: MigrationOrder,
): Promise<Destination> {
  const position = agent.lanes.get(order.instanceId)?.coverage?.position ?? null;
  const room = await agent.context.peers
    .room(node.nodeId, { serviceId: service.serviceId, need: service.need })
    .catch((error: unknown) => ({ hasRoom: false, reason: String(error) }));
  const reasons = [...placeReasons(node, order, position), ...(room.hasRoom ? [] : [room.reason])];
  return {
    nodeId: node.nodeId,
    name: node.name,
    eligible: reasons.length === 0,
    distanceMeters: position === null ? null : distanceMeters(node.site, position),
    reasons,
  };
}

function placeReasons(node: NodeRecord, { to }: MigrationOrder, position: Position | null): string[] {
  if (to !== null) return to === node.name || to === node.nodeId ? [] : [`${to} was asked for`];
  if (position === null) return ['where the device is, is not known'];
  return covers(node, position) ? [] : ['the device is outside its coverage'];
}

const rank = (d: Destination): number => (d.eligible ? 0 : 1e9) + (d.distanceMeters ?? 0);
