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

/** What a route takes: checked before its handler runs, and told in the OpenAPI document. */
export interface RouteInput {
  /** By the name in the path; what is not named here is an `Id`. */
  readonly params?: Readonly<Record<string, z.ZodType>>;
  /** An object; none: the route looks at no query. */
  readonly query?: z.ZodObject;
  /** None: the route reads no body. */
  readonly body?: z.ZodType;
  /** What it answers when it went well, by status; 200 when left out. */
  readonly statuses?: Readonly<Record<number, string>>;
}

interface RouteFacts extends RouteInput {
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

type Build = (
  path: string,
  summary: string,
  answer: z.ZodType,
  handle: AnswerRoute['handle'],
  input?: RouteInput,
) => Route;

const route =
  (method: RouteFacts['method']): Build =>
  (path, summary, answer, handle, input = {}) => ({ ...input, method, path, summary, answer, handle });

export const get = route('get');
export const post = route('post');
