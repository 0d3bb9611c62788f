import type { IncomingMessage } from 'node:http';
import { hasCode } from '../../../chaincode/src/model';
import { parseToken } from '../../domain/token';
import type { DeviceAuth } from '../../ports/device-auth';
import type { Log } from '../../ports/log';
import type { AnswerFacts, RequestFacts, RouteDecision, Router } from '../../ports/traffic';
import { deliver } from './deliver';
import type { DeviceExchange } from './device-exchange';
import { hasBody } from './device-request';
import type { HeldRequests } from './held-requests';
import { answerHeaders, headersFromPeer, headersFromService, sayToDevice, type RawHeaders } from './headers';
import { answerProblem, type Refusal } from './problem-answer';
import { forwardsOf } from './request-facts';
import { ALL_UNDER_WAY, refusalOf, tooLong } from './refusals';
import { relay, type Failure, type Taken } from './relay';
import type { ReplayBudget } from './replay-budget';
import { RequestBody } from './request-body';
import { mayRepeat, mayResend } from './resend';
import { beyondLimits } from './service-limits';
import type { Slots } from './slots';
import { outgoingFor, type TargetContext, type Way } from './targets';
import { limitTime, type TimeLimit } from './time-limit';
import { joinTunnel } from './tunnel';

export interface ExchangeContext extends TargetContext {
  readonly router: Router;
  readonly held: HeldRequests;
  /** How many requests may be under way at once. */
  readonly slots: Slots;
  /** All header lines of a request, in bytes; Infinity: what the parser takes. */
  readonly requestHeaderBytes: number;
  /** From the last header line to the end of the answer; Infinity: as long as it takes. */
  readonly durationMs: number;
  readonly log: Log;
  /** Undefined: devices are not asked who they are. */
  readonly auth?: DeviceAuth | undefined;
  readonly budget: ReplayBudget;
}

/** A request is decided on again once when its target failed before it could have acted, or may act twice. */
const ATTEMPTS = 2;

/** To the owner, from there to a cluster with room, and one more while their views differ. */
const MAX_FORWARDS = 3;

const GOING_ROUND: Refusal = {
  status: 508,
  code: 'BLOSM_E_NO_DESTINATION',
  detail: `${MAX_FORWARDS} clusters have handed the request on, and none has served it`,
  retryAfterSeconds: 1,
};

/** Serves one request of a device to its end, whatever the end is. */
export async function runExchange(
  exchange: DeviceExchange,
  facts: RequestFacts,
  context: ExchangeContext,
): Promise<void> {
  const { request, response } = exchange;
  const refusal = beyondLimits(request, context);
  if (refusal !== undefined) {
    answerProblem(response, { ...refusal, close: true });
    return;
  }
  const leave = context.slots.enter();
  if (leave === undefined) {
    answerProblem(response, { ...ALL_UNDER_WAY, close: exchange.expectsContinue });
    return;
  }
  const time = limitTime(exchange.gone, context.durationMs);
  try {
    await runTurns({ ...exchange, time }, facts, context);
  } finally {
    time.end();
    leave();
  }
}

interface TimedExchange extends DeviceExchange {
  readonly time: TimeLimit;
}

async function runTurns(exchange: TimedExchange, facts: RequestFacts, context: ExchangeContext): Promise<void> {
  const { request } = exchange;
  const { replayBytes, maxBodyBytes } = context.limits;
  const repeatable = mayRepeat(request);
  const rule = { keep: repeatable, keepBytes: replayBytes, maxBytes: maxBodyBytes, budget: context.budget };
  const body = new RequestBody(request, rule, hasBody(request));
  try {
    let turn: Turn | undefined = { facts, said: answerHeaders(null) };
    for (let left = ATTEMPTS; turn !== undefined; left -= 1) {
      turn = await runTurn(exchange, { ...turn, body, repeatable, isLast: left <= 1 }, context);
    }
  } finally {
    body.forget();
  }
}

/** What the next attempt begins with. */
interface Turn {
  readonly facts: RequestFacts;
  readonly said: ReadonlyMap<string, string>;
}

interface PresentTurn extends Turn {
  readonly body: RequestBody;
  readonly repeatable: boolean;
  readonly isLast: boolean;
}

/** Decides once and goes that way; gives the next turn when the request may be sent again, undefined when it ended. */
async function runTurn(
  exchange: TimedExchange,
  { facts, said: before, body, repeatable, isLast }: PresentTurn,
  context: ExchangeContext,
): Promise<Turn | undefined> {
  const decision = await context.held.decide(facts, exchange.time.signal);
  if (decision.kind === 'refuse') {
    refuse(exchange, facts, decision, before);
    return undefined;
  }
  if (decision.kind === 'forward' && forwardsOf(exchange.request, facts.forwardedBy) >= MAX_FORWARDS) {
    decision.release();
    answerProblem(exchange.response, { ...GOING_ROUND, close: exchange.expectsContinue });
    return undefined;
  }
  const said = merged(before, decision.answer);
  const failure = await serve(exchange, { way: decision, facts, body, said }, context);
  if (failure === undefined || exchange.gone.aborted) return undefined;
  return afterFailure(exchange, { facts, said, body, repeatable, isLast }, { way: decision, failure }, context);
}

/** Gives the next turn when the request may be sent again; otherwise it is answered. */
function afterFailure(
  exchange: TimedExchange,
  { facts, said, body, repeatable, isLast }: PresentTurn,
  { way, failure }: { readonly way: Way; readonly failure: Failure },
  context: ExchangeContext,
): Turn | undefined {
  const { isOver } = exchange.time;
  // That a request takes longer than it may says nothing of the container.
  if (!isOver) suspect(way, failure, body);
  const again = !isLast && !isOver && mayResend(failure.progress, repeatable, body.replayable);
  const refusal = body.isTooLong ? tooLong(context.limits.maxBodyBytes) : refusalOf(failure, way, repeatable);
  const known = { isLast, again, code: refusal.code, error: failure.fault.message };
  context.log.warn({ ...names(facts, way), ...known }, refusal.detail);
  if (again) return { facts: withNewInstance(facts, way.answer), said };
  const close = body.awaited || exchange.expectsContinue;
  answerProblem(exchange.response, { ...refusal, close, headers: sayToDevice(said, facts, exchange.request) });
  return undefined;
}

/** A device that stalls, or sends too much, says nothing of the container. */
function suspect(way: Way, { stalled }: Failure, { isTooLong }: RequestBody): void {
  if (way.kind === 'serve' && stalled !== 'device' && !isTooLong) way.suspect?.();
}

interface Attempt {
  readonly way: Way;
  readonly facts: RequestFacts;
  readonly body: RequestBody;
  readonly said: ReadonlyMap<string, string>;
}

/** Goes one way; undefined: the request has ended, well or not. The way is released exactly once. */
async function serve(
  exchange: TimedExchange,
  attempt: Attempt,
  context: ExchangeContext,
): Promise<Failure | undefined> {
  try {
    const taken = await take(exchange, attempt, context);
    if (taken.kind === 'failed') return taken;
    const headers = headersFor(taken, attempt, exchange.request);
    if (taken.kind === 'answer') {
      const broken = await deliver(taken, attempt.body, exchange.response, headers, exchange.time);
      if (broken !== undefined) context.log.debug(names(attempt.facts, attempt.way), `broken off: ${broken.message}`);
      return undefined;
    }
    // A connection of another protocol lasts as long as both ends want.
    exchange.time.end();
    const { way } = attempt;
    await tunnel(exchange, taken, headers, way.kind === 'serve' ? way.leaving : undefined);
    return undefined;
  } finally {
    attempt.way.release();
  }
}

async function take(exchange: TimedExchange, attempt: Attempt, context: ExchangeContext): Promise<Taken> {
  const { way, facts, body } = attempt;
  const { time } = exchange;
  if (time.signal.aborted) return { kind: 'failed', progress: 'unsent', fault: time.fault() };
  try {
    const outgoing = outgoingFor(way, exchange, facts, context);
    const onConnected = (): void => {
      if (exchange.expectsContinue) exchange.response.writeContinue();
    };
    return await relay(outgoing, body, onConnected, time);
  } catch (fault) {
    if (!hasCode(fault, 'BLOSM_E_PEER_UNREACHABLE')) throw fault;
    return { kind: 'failed', progress: 'unsent', fault: fault as Error };
  }
}

function headersFor(taken: Exclude<Taken, { kind: 'failed' }>, attempt: Attempt, request: IncomingMessage): RawHeaders {
  if (attempt.way.kind === 'serve') {
    return [...headersFromService(taken.answer), ...sayToDevice(attempt.said, attempt.facts, request)];
  }
  const peer = headersFromPeer(taken.answer);
  return [...peer.headers, ...sayToDevice(new Map([...attempt.said, ...peer.said]), attempt.facts, request)];
}

async function tunnel(
  exchange: DeviceExchange,
  taken: Extract<Taken, { kind: 'switch' }>,
  headers: RawHeaders,
  leaving: AbortSignal | undefined,
): Promise<void> {
  const device = exchange.upgrade;
  if (device === undefined) {
    // Nobody asked for another protocol: the target is broken.
    taken.tunnel.destroy();
    answerProblem(exchange.response, {
      status: 502,
      code: 'BLOSM_E_CONTAINER_UNHEALTHY',
      detail: 'the service switched protocols although the request asked for none',
    });
    return;
  }
  exchange.response.detachSocket(exchange.request.socket);
  // What speaks in it may be silent for as long as it likes.
  exchange.request.socket.setTimeout(0);
  await joinTunnel(device, { socket: taken.tunnel, head: taken.head }, taken.answer, headers, leaving);
}

function refuse(
  exchange: DeviceExchange,
  facts: RequestFacts,
  decision: Extract<RouteDecision, { kind: 'refuse' }>,
  said: ReadonlyMap<string, string>,
): void {
  answerProblem(exchange.response, {
    status: decision.status,
    code: decision.code,
    detail: decision.reason,
    retryAfterSeconds: decision.retryAfterSeconds,
    headers: sayToDevice(said, facts, exchange.request),
    // A caller that was not told to go on may send the body or not: only a new connection is clear.
    close: exchange.expectsContinue,
  });
}

/** What the first decision made for a device without a token must not be made again by the second. */
function withNewInstance(facts: RequestFacts, answer: AnswerFacts | null): RequestFacts {
  return facts.token === '' ? { ...facts, token: answer?.newToken ?? '' } : facts;
}

function merged(said: ReadonlyMap<string, string>, answer: AnswerFacts | null): ReadonlyMap<string, string> {
  return new Map([...said, ...answerHeaders(answer)]);
}

function names(facts: RequestFacts, way: Way): Record<string, unknown> {
  const target = way.kind === 'serve' ? { host: way.host, port: way.port } : { nodeId: way.nodeId };
  const instanceId = parseToken(facts.token)?.instanceId ?? way.answer?.instanceId;
  return {
    serviceId: facts.serviceId,
    ...(instanceId === undefined ? {} : { instanceId }),
    method: facts.method,
    ...target,
  };
}
