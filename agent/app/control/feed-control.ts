import type { EventFeedLine, EventRequest, FeedControl, LogFeedLine, LogRequest } from '../../ports/control';
import type { Agent } from '../agent';
import type { AgentFeeds, FeedContext } from '../feed/agent-feeds';
import { nameIn } from './views';

export class AgentFeedControl implements FeedControl {
  private readonly context: FeedContext;

  constructor(
    agent: Agent,
    private readonly feeds: AgentFeeds,
  ) {
    const { cache, lanes, journal } = agent;
    this.context = {
      nodeId: agent.context.ledger.nodeId,
      nameOf: (nodeId) => nameIn(cache.nodesNow(), nodeId),
      serviceOf: (instanceId) => lanes.get(instanceId)?.state.view?.instance?.serviceId ?? '',
      instanceOf: (migrationId) => journal.entriesOf(migrationId)[0]?.instanceId ?? '',
    };
  }

  logs(request: LogRequest, signal: AbortSignal): AsyncIterable<LogFeedLine> {
    return this.feeds.logs(request, this.context, signal);
  }

  events(request: EventRequest, signal: AbortSignal): AsyncIterable<EventFeedLine> {
    return this.feeds.events(request, this.context, signal);
  }
}
