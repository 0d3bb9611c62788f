import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlosmError } from '../../../chaincode/src/model';
import { PROTOCOL_HEADER, RELEASE_HEADER } from '../../domain/protocol';
import type { PeerLink } from '../tls/peer-links';
import { MAX_MESSAGE_BYTES } from './paths';

/** One message to another agent. */
export interface Message {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** JSON; undefined: none. */
  readonly text: string | undefined;
  /** What this side speaks. */
  readonly protocol: string;
}

export interface RawAnswer {
  readonly status: number;
  /** What the other side says that it speaks; undefined: it says nothing. */
  readonly protocol: string | undefined;
  /** The other side's release; undefined: it does not say. */
  readonly release: string | undefined;
  readonly text: string;
}

/**
 * Sends a message and reads the answer.
 * @param signal ends the call; its reason is thrown
 * @throws what the connection threw, BLOSM_E_PEER_REFUSED when the answer is too long
 */
export async function sendMessage(link: PeerLink, message: Message, signal: AbortSignal): Promise<RawAnswer> {
  try {
    return await sendOnce(link, message, signal);
  } catch (fault) {
    // The other closed a kept connection just then. All messages may come twice: ids make them idempotent.
    if (signal.aborted || !(fault instanceof StaleConnection)) throw fault;
    return sendOnce(link, message, signal);
  }
}

class StaleConnection extends Error {}

function sendOnce(link: PeerLink, message: Message, signal: AbortSignal): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string | number> = {
      accept: 'application/json',
      [PROTOCOL_HEADER]: message.protocol,
    };
    if (message.text !== undefined) {
      headers['content-type'] = 'application/json';
      headers['content-length'] = Buffer.byteLength(message.text);
    }
    const { host, port, agent } = link;
    const request = httpsRequest({ host, port, agent, method: message.method, path: message.path, headers });
    // A request that waits for a connection does not hear of its own end: it has to be told apart.
    const onAbort = (): void => {
      request.destroy();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    request.once('close', () => signal.removeEventListener('abort', onAbort));
    request.once('response', (answer) => {
      const protocol = answer.headers[PROTOCOL_HEADER]?.toString();
      const release = answer.headers[RELEASE_HEADER]?.toString();
      readText(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text, protocol, release }), reject);
    });
    request.on('error', (fault) => {
      reject(request.reusedSocket && !(fault instanceof BlosmError) ? new StaleConnection(fault.message) : fault);
    });
    request.end(message.text);
  });
}

async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_MESSAGE_BYTES) {
      throw new BlosmError('BLOSM_E_PEER_REFUSED', `an answer is longer than ${MAX_MESSAGE_BYTES} bytes`, {
        stage: 'peers',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
