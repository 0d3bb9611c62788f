import type { CallOptions } from '../../ports/call';
import type { ListRequest, ServiceControl, ServiceOrder, ServiceView } from '../../ports/control';
import type { Agent } from '../agent';
import { registerService } from './register-service';
import { serviceView } from './views';

export class AgentServiceControl implements ServiceControl {
  constructor(private readonly agent: Agent) {}

  register(order: ServiceOrder, options: CallOptions = {}): Promise<ServiceView> {
    return registerService(this.agent, order, options);
  }

  async list({ limit }: ListRequest, options?: CallOptions): Promise<ServiceView[]> {
    const { ledger } = this.agent.context;
    const nodes = await this.agent.cache.nodes();
    const page = await ledger.query('ServiceContract:List', [{ pageSize: limit, bookmark: '' }], options);
    return page.items.map((service) => serviceView(service, nodes));
  }

  async remove(serviceId: string, options?: CallOptions): Promise<ServiceView> {
    const { result } = await this.agent.context.ledger.submit('ServiceContract:Remove', [serviceId], options);
    return serviceView(result, await this.agent.cache.nodes());
  }

  async get(serviceId: string, options?: CallOptions): Promise<ServiceView> {
    const service = await this.agent.context.ledger.query('ServiceContract:Get', [serviceId], options);
    return serviceView(service, await this.agent.cache.nodes());
  }
}
