import { BlosmError } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type { ClusterControl, ClusterView } from '../../ports/control';
import type { Agent } from '../agent';
import { clusterView } from './views';

/** Clusters: what the ledger knows of all, and orders to this one. */
export class AgentClusterControl implements ClusterControl {
  constructor(private readonly agent: Agent) {}

  async list(): Promise<ClusterView[]> {
    const nodes = await this.agent.cache.nodes();
    return nodes.map((node) => clusterView(node, this.agent.context.ledger.nodeId));
  }

  async cordon(cordoned: boolean, options?: CallOptions): Promise<ClusterView> {
    const { ledger } = this.agent.context;
    if (!cordoned && this.agent.drainer.sinceMs !== null) {
      throw new BlosmError('BLOSM_E_WRONG_STATE', 'this cluster is being drained', {
        stage: 'uncordon',
        hint: 'End both with: blosm agent undrain',
      });
    }
    const name = cordoned ? 'NodeContract:Cordon' : 'NodeContract:Uncordon';
    return clusterView((await ledger.submit(name, [], options)).result, ledger.nodeId);
  }

  async leave(options?: CallOptions): Promise<ClusterView> {
    const { ledger } = this.agent.context;
    return clusterView((await ledger.submit('NodeContract:Leave', [], options)).result, ledger.nodeId);
  }
}
