import { hasCode } from '../../../chaincode/src/model';
import { parseToken } from '../../domain/token';
import type { Log } from '../../ports/log';
import type { AnswerFacts, RequestFacts, RouteDecision, Router } from '../../ports/traffic';
import { deliver } from './deliver';
import type { DeviceExchange } from './device-exchange';
import { hasBody } from './device-request';
import { answerHeaders, headersFromPeer, headersFromService, sayToDevice, type RawHeaders } from './headers';
import { answerProblem, type Refusal } from './problem-answer';
import { forwardsOf } from './request-facts';
import { refusalOf } from './refusals';
import { relay, type Failure, type Taken } from './relay';
import type { ReplayBudget } from './replay-budget';
import { RequestBody } from './request-body';
import { mayRepeat, mayResend } from './resend';
import { outgoingFor, type TargetContext, type Way } from './targets';
import { joinTunnel } from './tunnel';

export interface ExchangeContext extends TargetContext {
  readonly router: Router;
  readonly log: Log;
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
  first: RequestFacts,
  context: ExchangeContext,
): Promise<void> {
  const { request } = exchange;
  const repeatable = mayRepeat(request);
  const rule = { keep: repeatable, maxBytes: context.limits.replayBytes, budget: context.budget };
  const body = new RequestBody(request, rule, hasBody(request));
  let facts = first;
  let said = answerHeaders(null);
  try {
    for (let attempt = 1; ; attempt += 1) {
      const decision = await context.router.decide(facts, exchange.gone);
      if (decision.kind === 'refuse') {
        refuse(exchange, facts, decision, said);
        return;
      }
      if (decision.kind === 'forward' && forwardsOf(request, facts.forwardedBy) >= MAX_FORWARDS) {
        decision.release();
        answerProblem(exchange.response, { ...GOING_ROUND, close: exchange.expectsContinue });
        return;
      }
      said = merged(said, decision.answer);
      const failure = await serve(exchange, { way: decision, facts, body, said }, context);
      if (failure === undefined) return;
      if (exchange.gone.aborted) return;
      const again = attempt < ATTEMPTS && mayResend(failure.progress, repeatable, body.replayable);
      const refusal = refusalOf(failure, decision, repeatable);
      context.log.warn({ ...names(facts, decision), attempt, again, code: refusal.code }, refusal.detail);
      if (!again) {
        const close = body.awaited || exchange.expectsContinue;
        answerProblem(exchange.response, { ...refusal, close, headers: sayToDevice(said, facts) });
        return;
      }
      facts = withNewInstance(facts, decision.answer);
    }
  } finally {
    body.forget();
  }
}

interface Attempt {
  readonly way: Way;
  readonly facts: RequestFacts;
  readonly body: RequestBody;
  readonly said: ReadonlyMap<string, string>;
}

/** Goes one way; undefined: the request has ended, well or not. The way is released exactly once. */
async function serve(
  exchange: DeviceExchange,
  attempt: Attempt,
  context: ExchangeContext,
): Promise<Failure | undefined> {
  try {
    const taken = await take(exchange, attempt, context);
    if (taken.kind === 'failed') return taken;
    const headers = headersFor(taken, attempt);
    if (taken.kind === 'answer') {
      const broken = await deliver(taken, attempt.body, exchange.response, headers);
      if (broken !== undefined) context.log.debug(names(attempt.facts, attempt.way), `broken off: ${broken.message}`);
      return undefined;
    }
    await tunnel(exchange, taken, headers);
    return undefined;
  } finally {
    attempt.way.release();
  }
}

async function take(exchange: DeviceExchange, attempt: Attempt, context: ExchangeContext): Promise<Taken> {
  const { way, facts, body } = attempt;
  if (exchange.gone.aborted) return { kind: 'failed', progress: 'unsent', fault: new Error('the device has gone') };
  try {
    const outgoing = outgoingFor(way, exchange, facts, context);
    const onConnected = (): void => {
      if (exchange.expectsContinue) exchange.response.writeContinue();
    };
    return await relay(outgoing, body, onConnected, exchange.gone);
  } catch (fault) {
    if (!hasCode(fault, 'BLOSM_E_PEER_UNREACHABLE')) throw fault;
    return { kind: 'failed', progress: 'unsent', fault: fault as Error };
  }
}

function headersFor(taken: Exclude<Taken, { kind: 'failed' }>, attempt: Attempt): RawHeaders {
  if (attempt.way.kind === 'serve') {
    return [...headersFromService(taken.answer), ...sayToDevice(attempt.said, attempt.facts)];
  }
  const peer = headersFromPeer(taken.answer);
  return [...peer.headers, ...sayToDevice(new Map([...attempt.said, ...peer.said]), attempt.facts)];
}

async function tunnel(
  exchange: DeviceExchange,
  taken: Extract<Taken, { kind: 'switch' }>,
  headers: RawHeaders,
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
  await joinTunnel(device, { socket: taken.tunnel, head: taken.head }, taken.answer, headers);
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
    headers: sayToDevice(said, facts),
    // A caller that was not told to go on may send the body or not: only a new connection is clear.
    close: exchange.expectsContinue,
  });
}

/** What the first decision made for a device without a token must not be made again by the second. */
function withNewInstance(facts: RequestFacts, answer: AnswerFacts | null): RequestFacts {
  return facts.token === '' ? { ...facts, token: answer?.newToken ?? '' } : facts;
}

function merged(said: Map<string, string>, answer: AnswerFacts | null): Map<string, string> {
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
