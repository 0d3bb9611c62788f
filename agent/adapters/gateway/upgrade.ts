import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Node's own mark on a connection: the answer that is being written to it. */
interface AnsweringSocket extends Duplex {
  readonly _httpMessage?: ServerResponse | null;
}

/**
 * Looks after a connection that Node has let go of because its request asks for another protocol: from then on Node
 * hears neither its errors nor its silence, and no answer on it learns that it can go on writing.
 * @param silenceMs no byte in either direction for so long ends it, until it is a tunnel
 */
export function takeOver(socket: Socket, silenceMs: number): void {
  socket
    .on('error', () => undefined)
    .on('drain', () => answerOn(socket)?.emit('drain'))
    .on('timeout', () => socket.destroy())
    .setTimeout(silenceMs);
}

/**
 * An upgrade comes without a response; refusals and ordinary answers need one. Node reports the upgrade as soon as it
 * has read it: answers to requests that were pipelined before it may still be on their way, and go first.
 * @param silenceMs as above; Node has set its own after each answer
 * @returns undefined: the connection has ended with one of those answers
 */
export async function responseOnSocket(
  request: IncomingMessage,
  silenceMs: number,
): Promise<ServerResponse | undefined> {
  const { socket } = request;
  await answered(socket);
  if (!socket.writable) return undefined;
  socket.setTimeout(silenceMs);
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => {
    response.detachSocket(socket);
    // A device that keeps its side open would otherwise keep the connection.
    socket.destroySoon();
  });
  return response;
}

/** The answer that is being written to the connection, or waits to be; undefined: none. */
export function answerOn(socket: AnsweringSocket): ServerResponse | undefined {
  return socket._httpMessage ?? undefined;
}

/** Resolves when no answer is on its way on the connection any more. */
function answered(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      const before = answerOn(socket);
      if (before !== undefined && !socket.destroyed) {
        // Node has given the connection to the next answer by then.
        before.once('finish', look);
        return;
      }
      socket.off('close', look);
      resolve();
    };
    socket.on('close', look);
    look();
  });
}
