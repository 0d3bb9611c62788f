import type { z } from 'zod';
import { agree, compareSpeakers, PROTOCOL, type ProtocolRange } from '../../agent/domain/protocol';
import type { CallOptions } from '../../agent/ports/call';
import {
  DestinationProgress,
  ImageOrder,
  PickOrder,
  PositionMessage,
  RoomAnswer,
  RoomRequest,
  TokenFacts,
  type PeerHandlers,
  type Peers,
} from '../../agent/ports/peers';
import { BlosmError, findErrorInText, hasCode, isErrorCode, RunSpec } from '../../chaincode/src/model';

/** How a link between two agents fails. */
export type Cut =
  /** Nothing gets through: the call fails at once. */
  | 'refused'
  /** Nothing gets through and nobody says so: the call waits until it is cancelled. */
  | 'silent'
  /** The call is acted on, but its answer is lost. */
  | 'answers-lost';

/** Agents in one program: everything that crosses is checked and copied as it would be on the wire. */
export class FakePeerNetwork {
  private readonly handlers = new Map<string, PeerHandlers>();
  private readonly cuts = new Map<string, Cut>();

  /** What an agent speaks that is not of this release. */
  readonly speaks = new Map<string, ProtocolRange>();

  /** The agent answers from now on; also after a restart. */
  attach(nodeId: string, handlers: PeerHandlers): void {
    this.handlers.set(nodeId, handlers);
  }

  /** The agent is off. */
  detach(nodeId: string): void {
    this.handlers.delete(nodeId);
  }

  /** Fails calls from one agent to the other; the other direction stays. */
  cut(from: string, to: string, how: Cut = 'refused'): void {
    this.cuts.set(`${from} ${to}`, how);
  }

  mend(from: string, to: string): void {
    this.cuts.delete(`${from} ${to}`);
  }

  /** What this agent sees of the others. */
  peersOf(callerNodeId: string): Peers {
    const call = async <Q, A>(
      nodeId: string,
      request: Q,
      check: { question: z.ZodType<Q> | null; answer: z.ZodType<A> | null },
      ask: (handlers: PeerHandlers, question: Q) => Promise<A>,
      options: CallOptions = {},
    ): Promise<A> => {
      const cut = this.cuts.get(`${callerNodeId} ${nodeId}`);
      if (options.signal?.aborted === true) throw cancelled(nodeId);
      const handlers = this.handlers.get(nodeId);
      if (cut === 'silent') return untilCancelled(nodeId, options.signal);
      if (cut === 'refused' || handlers === undefined) {
        throw new BlosmError('BLOSM_E_PEER_UNREACHABLE', `cannot connect to the agent of ${nodeId}`);
      }
      this.refuseOtherRelease(callerNodeId, nodeId);
      const stopped = untilCancelled(nodeId, options.signal);
      const answering = this.answer(nodeId, handlers, request, check, ask);
      if (cut === 'answers-lost') {
        await answering.catch(() => undefined);
        throw new BlosmError('BLOSM_E_TIMEOUT', `no answer from ${nodeId}`);
      }
      return Promise.race([answering, stopped]);
    };
    const order = { answer: null } as const;
    return {
      room: (nodeId, request, options) =>
        call(
          nodeId,
          request,
          { question: RoomRequest, answer: RoomAnswer },
          (to, q) => to.room(callerNodeId, q),
          options,
        ),
      pick: (nodeId, pick, options) =>
        call(nodeId, pick, { question: PickOrder, ...order }, (to, q) => to.pick(callerNodeId, q), options),
      image: (nodeId, image, options) =>
        call(nodeId, image, { question: ImageOrder, ...order }, (to, q) => to.image(callerNodeId, q), options),
      position: (nodeId, message, options) =>
        call(
          nodeId,
          message,
          { question: PositionMessage, ...order },
          (to, q) => to.position(callerNodeId, q),
          options,
        ),
      progress: (nodeId, id, options) =>
        call(
          nodeId,
          id,
          { question: null, answer: DestinationProgress },
          (to, q) => to.progress(callerNodeId, q),
          options,
        ),
      token: (nodeId, id, options) =>
        call(nodeId, id, { question: null, answer: TokenFacts }, (to, q) => to.token(callerNodeId, q), options),
      runSpec: (nodeId, id, options) =>
        call(nodeId, id, { question: null, answer: RunSpec }, (to, q) => to.runSpec(callerNodeId, q), options),
    };
  }

  /** Two agents without a version in common: whoever calls hears it, and nothing is done. */
  private refuseOtherRelease(from: string, to: string): void {
    const own = this.speaks.get(from) ?? PROTOCOL;
    const other = this.speaks.get(to) ?? PROTOCOL;
    if (agree(own, other) !== undefined) return;
    const said = compareSpeakers({ ...own, nodeId: from }, { ...other, nodeId: to });
    throw new BlosmError('BLOSM_E_PROTOCOL_VERSION', said, { stage: 'peers' });
  }

  private async answer<Q, A>(
    nodeId: string,
    handlers: PeerHandlers,
    request: Q,
    check: { question: z.ZodType<Q> | null; answer: z.ZodType<A> | null },
    ask: (handlers: PeerHandlers, question: Q) => Promise<A>,
  ): Promise<A> {
    try {
      const question = check.question === null ? request : onTheWire(check.question, request);
      const answer = await ask(handlers, question);
      return check.answer === null ? answer : onTheWire(check.answer, answer);
    } catch (fault) {
      throw refusal(nodeId, fault);
    }
  }
}

function onTheWire<T>(schema: z.ZodType<T>, value: T): T {
  const parsed = schema.safeParse(JSON.parse(JSON.stringify(value)));
  if (parsed.success) return parsed.data;
  throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', parsed.error.message.replaceAll('\n', ' '));
}

function refusal(nodeId: string, fault: unknown): BlosmError {
  const code = fault instanceof Error && 'code' in fault ? String(fault.code) : '';
  const known = isErrorCode(code) && hasCode(fault, code);
  const detail = known ? (findErrorInText((fault as Error).message)?.message ?? '') : 'the agent failed';
  const text = `${known ? code : 'BLOSM_E_INTERNAL'}: ${detail}`;
  return new BlosmError('BLOSM_E_PEER_REFUSED', `${nodeId} refused: ${text}`, { cause: fault });
}

function cancelled(nodeId: string): BlosmError {
  return new BlosmError('BLOSM_E_CANCELLED', `the call to ${nodeId} was cancelled`);
}

function untilCancelled(nodeId: string, signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(cancelled(nodeId)), { once: true });
  });
}
