import { EventFeedLine, EventRequest, LogFeedLine, LogRequest } from '../../../ports/control';
import type { Route } from './route';

export const FEED_ROUTES: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/logs',
    summary: "The agent's log, line by line; with `follow=true` it goes on.",
    answer: LogFeedLine,
    query: LogRequest,
    lines: (service, { query, options }) => service.feeds.logs(LogRequest.parse(query), options.signal),
  },
  {
    method: 'get',
    path: '/v1/events',
    summary: 'What happened on the ledger and here, line by line; with `follow=true` it goes on.',
    answer: EventFeedLine,
    query: EventRequest,
    lines: (service, { query, options }) => service.feeds.events(EventRequest.parse(query), options.signal),
  },
];
