import type { z } from 'zod';
import type { CallOptions } from '../../../ports/call';
import type { ControlService } from '../../../ports/control';

/** A request as a route sees it: nothing of express. */
export interface RouteRequest {
  readonly id: string;
  /** The second word of a path that has two. */
  readonly kind: string;
  readonly query: unknown;
  readonly body: unknown;
  readonly options: CallOptions & { readonly signal: AbortSignal };
}

export interface RouteAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** A route that answers once, or line by line (JSON, one object a line) as the work goes on. */
export type Route = AnswerRoute | LinesRoute;

interface RouteFacts {
  readonly method: 'get' | 'post';
  readonly path: string;
  /** One line for the reference page. */
  readonly summary: string;
  readonly answer: z.ZodType;
}

export interface AnswerRoute extends RouteFacts {
  readonly handle: (service: ControlService, request: RouteRequest) => Promise<RouteAnswer>;
}

export interface LinesRoute extends RouteFacts {
  /** Each line has the form of `answer`. */
  readonly lines: (service: ControlService, request: RouteRequest) => AsyncIterable<unknown>;
}

export const ok = (body: unknown, status = 200): RouteAnswer => ({ status, body });
export const items = async (list: Promise<unknown[]>): Promise<RouteAnswer> => ok({ items: await list });

export const get = (path: string, summary: string, answer: z.ZodType, handle: AnswerRoute['handle']): Route => ({
  method: 'get',
  path,
  summary,
  answer,
  handle,
});
export const post = (path: string, summary: string, answer: z.ZodType, handle: AnswerRoute['handle']): Route => ({
  method: 'post',
  path,
  summary,
  answer,
  handle,
});
