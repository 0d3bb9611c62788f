import type { CallOptions } from '../../ports/call';
import type { InstanceControl, InstanceView, ListRequest, RecoveryOrder } from '../../ports/control';
import type { Agent } from '../agent';
import { containersSeen } from './containers-seen';
import { recoverInstance } from './recover-instance';
import { removeInstance } from './remove-instance';
import { instanceView } from './views';

export class AgentInstanceControl implements InstanceControl {
  constructor(private readonly agent: Agent) {}

  async list({ limit }: ListRequest, options?: CallOptions): Promise<InstanceView[]> {
    const { ledger } = this.agent.context;
    const page = await ledger.query('InstanceContract:List', [{ pageSize: limit, bookmark: '' }], options);
    const containers = await containersSeen(this.agent, options);
    const nodes = await this.agent.cache.nodes();
    return page.items.map((instance) => instanceView(instance, nodes, containers));
  }

  async get(instanceId: string, options?: CallOptions): Promise<InstanceView> {
    const { ledger } = this.agent.context;
    const instance = await ledger.query('InstanceContract:Get', [instanceId], options);
    return instanceView(instance, await this.agent.cache.nodes(), await containersSeen(this.agent, options));
  }

  recover(instanceId: string, { from }: RecoveryOrder, options: CallOptions = {}): Promise<InstanceView> {
    return recoverInstance(this.agent, instanceId, from, options);
  }

  async remove(instanceId: string, options: CallOptions = {}): Promise<InstanceView> {
    const removed = await removeInstance(this.agent, instanceId, options);
    return instanceView(removed, await this.agent.cache.nodes(), []);
  }
}
