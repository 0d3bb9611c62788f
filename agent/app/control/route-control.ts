import type { NodeRecord } from '../../../chaincode/src/model';
import { BlosmError } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type { ListRequest, RouteControl, RouteView } from '../../ports/control';
import type { Agent } from '../agent';
import type { Lane } from '../lane';
import { nameIn } from './views';

export class AgentRouteControl implements RouteControl {
  constructor(private readonly agent: Agent) {}

  list({ limit }: ListRequest): Promise<RouteView[]> {
    const nodes = this.agent.cache.nodesNow();
    const lanes = this.agent.lanes.all().sort((a, b) => (a.instanceId < b.instanceId ? -1 : 1));
    return Promise.resolve(lanes.slice(0, limit).map((lane) => routeOfLane(lane, nodes)));
  }

  async get(instanceId: string, options: CallOptions = {}): Promise<RouteView> {
    options.signal?.throwIfAborted();
    const { cache, lanes } = this.agent;
    const lane = lanes.get(instanceId);
    if (lane !== undefined) return routeOfLane(lane, cache.nodesNow());
    const instance = await cache.readInstance(instanceId);
    if (instance === null) {
      throw new BlosmError('BLOSM_E_NOT_FOUND', `there is no instance ${instanceId}`, { stage: 'query' });
    }
    const { serviceId, ownerNodeId } = instance;
    const target = nameIn(await cache.nodes(), ownerNodeId);
    return { instanceId, serviceId, mode: 'forwarded', target, reason: '', inFlight: 0, held: 0 };
  }
}

function routeOfLane(lane: Lane, nodes: readonly NodeRecord[]): RouteView {
  return {
    instanceId: lane.instanceId,
    serviceId: lane.state.view?.instance?.serviceId ?? '',
    ...wayOf(lane.mode, nodes),
    inFlight: lane.inFlight.size,
    held: lane.held.size,
  };
}

function wayOf(mode: Lane['mode'], nodes: readonly NodeRecord[]): Pick<RouteView, 'mode' | 'target' | 'reason'> {
  switch (mode?.kind) {
    case undefined:
      return { mode: 'unknown', target: '', reason: 'the agent has not looked at it yet' };
    case 'serve':
      return { mode: 'served', target: `${mode.host}:${mode.port}`, reason: '' };
    case 'starting':
      return { mode: 'held', target: '', reason: mode.reason };
    case 'refuse':
      return { mode: 'refused', target: '', reason: mode.reason };
    case 'forward':
      return { mode: 'forwarded', target: nameIn(nodes, mode.nodeId), reason: '' };
    case 'gone':
      return { mode: 'gone', target: '', reason: '' };
  }
}
