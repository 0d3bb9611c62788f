import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { z } from 'zod';
import { BlosmError, Id, RunSpec } from '../../../chaincode/src/model';
import type { Log } from '../../ports/log';
import {
  DestinationProgress,
  ImageOrder,
  PickOrder,
  PositionMessage,
  RoomAnswer,
  RoomRequest,
  TokenFacts,
  type PeerHandlers,
} from '../../ports/peers';
import { answerProblem, knownFault } from './answers';
import { MAX_MESSAGE_BYTES, PEER_PATHS } from './paths';

/** Header line by which the server tells the routes which node calls; it overwrites whatever came from outside. */
export const CALLER_HEADER = 'x-blosm-caller';

/** The JSON part of the agent-to-agent API. Callers are proven before a request gets here. */
export function createMessageApi(handlers: PeerHandlers, log: Log): Express {
  const api = express();
  api.disable('x-powered-by');
  api.disable('etag');
  api.use(express.json({ limit: MAX_MESSAGE_BYTES, strict: true }));
  api.post(PEER_PATHS.room, async (request, response) => {
    send(response, RoomAnswer, await handlers.room(callerOf(request), read(RoomRequest, request.body)));
  });
  api.post(PEER_PATHS.pick, async (request, response) => {
    await handlers.pick(callerOf(request), read(PickOrder, request.body));
    response.sendStatus(204);
  });
  api.post(PEER_PATHS.image, async (request, response) => {
    await handlers.image(callerOf(request), read(ImageOrder, request.body));
    response.sendStatus(204);
  });
  api.post(PEER_PATHS.position, async (request, response) => {
    await handlers.position(callerOf(request), read(PositionMessage, request.body));
    response.sendStatus(204);
  });
  api.get(PEER_PATHS.progress, async (request, response) => {
    send(response, DestinationProgress, await handlers.progress(callerOf(request), read(Id, request.params['id'])));
  });
  api.get(PEER_PATHS.token, async (request, response) => {
    send(response, TokenFacts, await handlers.token(callerOf(request), read(Id, request.params['id'])));
  });
  api.get(PEER_PATHS.runSpec, async (request, response) => {
    send(response, RunSpec, await handlers.runSpec(callerOf(request), read(Id, request.params['id'])));
  });
  api.use((request, response) => {
    answerProblem(response, 404, 'BLOSM_E_NOT_FOUND', `there is no ${request.method} ${request.path} between agents`);
  });
  api.use(onFault(log));
  return api;
}

function callerOf(request: Request): string {
  return request.get(CALLER_HEADER) ?? '';
}

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', z.prettifyError(parsed.error).replaceAll('\n', ' '), {
    stage: 'peers',
  });
}

function send<T>(response: Response, schema: z.ZodType<T>, answer: T): void {
  response.json(schema.parse(answer));
}

const onFault =
  (log: Log): ErrorRequestHandler =>
  (fault: unknown, request, response, next) => {
    if (response.headersSent) {
      next(fault);
      return;
    }
    const known = knownFault(fault) ?? bodyFault(fault);
    if (known !== undefined) {
      answerProblem(response, known.status, known.code, known.detail);
      return;
    }
    log.error({ err: fault, caller: callerOf(request), path: request.path }, 'the answer to another agent failed');
    answerProblem(response, 500, 'BLOSM_E_INTERNAL', 'the agent failed; its log says more');
  };

/** What express says of a body that it cannot take. */
const BodyFault = z.object({ status: z.int().min(400).max(499), message: z.string() });

function bodyFault(fault: unknown): ReturnType<typeof knownFault> {
  const parsed = BodyFault.safeParse(fault);
  if (!parsed.success) return undefined;
  return { status: parsed.data.status, code: 'BLOSM_E_INVALID_ARGUMENT', detail: parsed.data.message };
}
