import { z } from 'zod';
import { BlosmError, isErrorCode, RunSpec } from '../../../chaincode/src/model';
import { joinSignals } from '../../domain/join-signals';
import type { CallOptions } from '../../ports/call';
import { PROTOCOL, type Introduction, type ProtocolRange } from '../../domain/protocol';
import { DestinationProgress, RoomAnswer, TokenFacts, type Peers } from '../../ports/peers';
import { openPeerLinks, type PeerLinksOptions } from '../tls/peer-links';
import { sendMessage, type RawAnswer } from './call';
import { Conversations, type Question } from './conversations';
import { PEER_PATHS } from './paths';

export interface PeerConnections extends Peers {
  /** What a node's agent has said of itself with its last answer; undefined: it has not answered yet. */
  introductionOf(nodeId: string): Introduction | undefined;
  close(): void;
}

/** Deadline of a call when its caller names none. */
const DEFAULT_TIMEOUT_MS = 5000;

const Nothing = z.undefined();

export interface PeersOptions extends PeerLinksOptions {
  /** Whose agent this is, for what is said of both. */
  readonly nodeId: string;
  /** What this agent speaks; another one in tests. */
  readonly protocol?: ProtocolRange;
}

/** Connects to other agents, each pinned to the certificate that the ledger has registered for it. */
export function connectPeers(options: PeersOptions): PeerConnections {
  const links = openPeerLinks(options);
  const conversations = new Conversations({ ...(options.protocol ?? PROTOCOL), nodeId: options.nodeId });

  const call = async <T>(
    nodeId: string,
    message: Question,
    schema: z.ZodType<T>,
    limits: CallOptions = {},
  ): Promise<T> => {
    const what = `${message.method} ${message.path} to ${nodeId}`;
    const timeoutMs = limits.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const deadline = AbortSignal.timeout(timeoutMs);
    const { signal, release } = joinSignals(deadline, ...(limits.signal === undefined ? [] : [limits.signal]));
    try {
      signal.throwIfAborted();
      const answer = await conversations.ask(nodeId, message, (versioned) =>
        sendMessage(links.linkTo(nodeId), versioned, signal),
      );
      return readAnswer(what, answer, schema);
    } catch (fault) {
      if (fault instanceof BlosmError) throw fault;
      if (deadline.aborted) throw timedOut(what, timeoutMs, fault);
      throw signal.aborted ? cancelled(what, fault) : unreachable(what, fault);
    } finally {
      release();
    }
  };

  return {
    room: (nodeId, request, limits) => call(nodeId, post(PEER_PATHS.room, request), RoomAnswer, limits),
    pick: (nodeId, order, limits) => call(nodeId, post(PEER_PATHS.pick, order), Nothing, limits),
    image: (nodeId, order, limits) => call(nodeId, post(PEER_PATHS.image, order), Nothing, limits),
    progress: (nodeId, migrationId, limits) =>
      call(nodeId, get(PEER_PATHS.progress, migrationId), DestinationProgress, limits),
    token: (nodeId, migrationId, limits) => call(nodeId, get(PEER_PATHS.token, migrationId), TokenFacts, limits),
    runSpec: (nodeId, serviceId, limits) => call(nodeId, get(PEER_PATHS.runSpec, serviceId), RunSpec, limits),
    position: (nodeId, message, limits) => call(nodeId, post(PEER_PATHS.position, message), Nothing, limits),
    introductionOf: (nodeId) => conversations.introductionOf(nodeId),
    close: () => links.close(),
  };
}

const post = (path: string, body: unknown): Question => ({ method: 'POST', path, text: JSON.stringify(body) });

const get = (path: string, id: string): Question => ({
  method: 'GET',
  path: path.replace(':id', encodeURIComponent(id)),
  text: undefined,
});

function readAnswer<T>(what: string, answer: RawAnswer, schema: z.ZodType<T>): T {
  if (answer.status < 200 || answer.status > 299) throw refusedBy(what, answer);
  const parsed = schema.safeParse(answer.text === '' ? undefined : parseJson(answer.text));
  if (parsed.success) return parsed.data;
  const faults = z.prettifyError(parsed.error).replaceAll('\n', ' ');
  throw new BlosmError('BLOSM_E_PEER_REFUSED', `the answer to ${what} is not valid: ${faults}`, { stage: 'peers' });
}

const RefusalText = z.object({ code: z.string(), detail: z.string() });

function refusedBy(what: string, answer: RawAnswer): BlosmError {
  const refusal = RefusalText.safeParse(parseJson(answer.text));
  const known = refusal.success && isErrorCode(refusal.data.code);
  const why = known ? `${refusal.data.code}: ${refusal.data.detail}` : `status ${answer.status}`;
  return new BlosmError('BLOSM_E_PEER_REFUSED', `${what} was refused: ${why}`, { stage: 'peers' });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function cancelled(what: string, cause: unknown): BlosmError {
  return new BlosmError('BLOSM_E_CANCELLED', `${what} was cancelled`, { stage: 'peers', cause });
}

function timedOut(what: string, timeoutMs: number, cause: unknown): BlosmError {
  return new BlosmError('BLOSM_E_TIMEOUT', `no answer to ${what} within ${timeoutMs} ms`, { stage: 'peers', cause });
}

function unreachable(what: string, fault: unknown): BlosmError {
  const why = fault instanceof Error ? fault.message : String(fault);
  return new BlosmError('BLOSM_E_PEER_UNREACHABLE', `${what} failed: ${why}`, { stage: 'peers', cause: fault });
}
