import type { CallOptions } from '../../ports/call';
import type { DrainControl, DrainView } from '../../ports/control';
import type { Agent } from '../agent';
import type { DrainItem } from '../drainer';
import { nameIn } from './views';

/** Everything away from this cluster, and back to normal. */
export class AgentDrainControl implements DrainControl {
  constructor(private readonly agent: Agent) {}

  view(): DrainView {
    const { drainer, cache, isFresh } = this.agent;
    const items = drainer.items();
    const isDraining = drainer.sinceMs !== null;
    return {
      draining: isDraining,
      cordoned: cache.isCordonedOnLedger(),
      sinceMs: drainer.sinceMs,
      // An agent that has not caught up does not know all that it owns.
      isDone: isDraining && isFresh && items.length === 0 && drainer.hasSeenAll(),
      moved: drainer.moved,
      instances: items.map((item) => this.itemView(item)),
    };
  }

  async begin(options?: CallOptions): Promise<DrainView> {
    await this.agent.drainer.begin(options);
    await this.agent.drainer.look();
    return this.view();
  }

  async end(options?: CallOptions): Promise<DrainView> {
    await this.agent.drainer.end(options);
    return this.view();
  }

  private itemView({ instance, step, migrationId, nodeId, reason }: DrainItem): DrainView['instances'][number] {
    const { instanceId, serviceId } = instance;
    const to = nodeId === null ? null : nameIn(this.agent.cache.nodesNow(), nodeId);
    return { instanceId, serviceId, step, migrationId, to, reason };
  }
}
