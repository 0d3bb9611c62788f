import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { BlosmError, type Position } from '../../../chaincode/src/model';
import { parseToken } from '../../domain/token';
import type { Router } from '../../ports/traffic';
import { tokenCookies } from './cookies';
import type { Incoming } from './device-exchange';
import type { HeldRequests } from './held-requests';
import { answerProblem } from './problem-answer';
import { positionOf, TOKEN_HEADER } from './request-facts';

const MAX_BODY_BYTES = 1024;
/** Each asks the ledger. */
const MAX_TOKENS = 16;

const Report = z.strictObject({ latitude: z.number(), longitude: z.number() });

interface PositionTakers {
  readonly router: Router;
  readonly held: HeldRequests;
}

/** Answers `PUT /devices/self/position`: 204, or 403 when no token of the request is anybody's. */
export async function takePosition(incoming: Incoming, { router, held }: PositionTakers): Promise<void> {
  const { request, response } = incoming;
  if (request.method !== 'PUT') {
    const detail = 'a position is reported by PUT';
    answerProblem(response, { status: 405, code: 'BLOSM_E_INVALID_ARGUMENT', detail, headers: ['Allow', 'PUT'] });
    return;
  }
  if (incoming.expectsContinue) response.writeContinue();
  const position = parseReport(await readSmallBody(request));
  const tokens = tokensOf(request);
  const known = await Promise.allSettled(
    tokens.map((token) => held.during(() => router.reportPosition(token, position))),
  );
  const failed = known.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) {
    answerUndelivered(incoming, failed.reason);
    return;
  }
  if (known.some((outcome) => outcome.status === 'fulfilled' && outcome.value)) {
    response.writeHead(204);
    response.end();
    return;
  }
  const detail = tokens.length === 0 ? 'the request carries no token' : 'the token is nobody’s';
  answerProblem(response, { status: 403, code: 'BLOSM_E_FORBIDDEN', detail });
}

/** The instance's owner could not be told: the device may try again. @throws what nobody foresaw */
function answerUndelivered({ response }: Incoming, fault: unknown): void {
  if (!(fault instanceof BlosmError)) throw fault;
  const tooMany = fault.code === 'BLOSM_E_NO_ROOM';
  const detail = tooMany ? 'too many wait already' : 'the cluster that serves the instance could not be told';
  answerProblem(response, { status: 503, code: fault.code, detail, headers: ['Retry-After', '1'] });
}

/** What can be a token. @throws BlosmError BLOSM_E_INVALID_ARGUMENT when there are too many */
function tokensOf(request: IncomingMessage): string[] {
  const header = request.headers[TOKEN_HEADER];
  const given = typeof header === 'string' ? [header] : new Set(tokenCookies(request).values());
  const tokens = [...given].filter((token) => parseToken(token) !== undefined);
  if (tokens.length > MAX_TOKENS) throw invalid(`a position is for at most ${MAX_TOKENS} tokens`);
  return tokens;
}

async function readSmallBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  // Leaving the loop early must not break the connection: the answer has still to go out.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_BODY_BYTES) throw invalid(`a position takes at most ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseReport(text: string): Position {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid('the body is not JSON');
  }
  const parsed = Report.safeParse(json);
  if (!parsed.success) throw invalid('the body is not {"latitude": degrees, "longitude": degrees}');
  return positionOf(parsed.data.latitude, parsed.data.longitude);
}

function invalid(message: string): BlosmError {
  return new BlosmError('BLOSM_E_INVALID_ARGUMENT', message, { stage: 'gateway' });
}
