import { hasCode } from '../../../chaincode/src/model';
import { authenticate } from './authenticate';
import { connectionGone, type Incoming } from './device-exchange';
import { runExchange, type ExchangeContext } from './exchange';
import { takePosition } from './position-report';
import { answerProblem } from './problem-answer';
import { readFacts, requireProper } from './request-facts';
import { FORWARD_PREFIX, parseTarget } from './request-target';

export interface GatewayContext extends ExchangeContext {
  /** The same with the limits of a service. */
  forService(serviceId: string): ExchangeContext;
}

/** Serves what came in, from its target to its end. Never rejects: what nobody foresaw is answered with 500. */
export async function dispatch(incoming: Incoming, context: GatewayContext): Promise<void> {
  try {
    await dispatchTarget(incoming, connectionGone(incoming.request), context);
  } catch (fault) {
    answerFault(incoming, fault, context);
  }
}

async function dispatchTarget(incoming: Incoming, gone: AbortSignal, context: GatewayContext): Promise<void> {
  const { request, response } = incoming;
  requireProper(request);
  const url = request.url ?? '/';
  const target = parseTarget(incoming.forwardedBy === null ? url : url.slice(FORWARD_PREFIX.length));
  const caller = await authenticate(incoming, context.auth);
  if (caller === undefined) return;
  if (target.kind === 'position' && incoming.forwardedBy === null) {
    await takePosition(incoming, context);
    return;
  }
  if (target.kind !== 'service') {
    const detail = target.kind === 'nothing' ? target.detail : 'positions are reported by devices only';
    answerProblem(response, { status: 404, code: 'BLOSM_E_NOT_FOUND', detail, close: incoming.expectsContinue });
    return;
  }
  // A device that has gone while its request waited for its turn gets no instance made.
  if (gone.aborted) return;
  const { forwardedBy } = incoming;
  const facts = readFacts(request, target.serviceId, { forwardedBy, verifiedId: caller.verifiedId });
  const exchange = { ...incoming, ...caller, method: facts.method, path: target.path, gone };
  await runExchange(exchange, facts, context.forService(target.serviceId));
}

function answerFault(incoming: Incoming, fault: unknown, context: ExchangeContext): void {
  if (incoming.request.socket.destroyed) return;
  if (hasCode(fault, 'BLOSM_E_INVALID_ARGUMENT')) {
    const detail = (fault as Error).message.replace(/^BLOSM_E_INVALID_ARGUMENT: /, '');
    answerProblem(incoming.response, { status: 400, code: 'BLOSM_E_INVALID_ARGUMENT', detail, close: true });
    return;
  }
  if (hasCode(fault, 'BLOSM_E_LEDGER_UNREACHABLE', 'BLOSM_E_TIMEOUT')) {
    const detail = 'what the request says cannot be checked now';
    const code = 'BLOSM_E_LEDGER_UNREACHABLE';
    answerProblem(incoming.response, { status: 503, code, detail, retryAfterSeconds: 1, close: true });
    return;
  }
  context.log.error({ err: fault }, 'the gateway failed on a request');
  const detail = 'the gateway failed; its log says more';
  answerProblem(incoming.response, { status: 500, code: 'BLOSM_E_INTERNAL', detail, close: true });
}
