import { request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const PIECE = Buffer.alloc(64 * 1024, 'blosm');

/** Sends so many bytes to a service that sends them back, both ways at once; gives the bytes that came back. */
export async function streamThrough(
  url: string,
  headers: Readonly<Record<string, string>>,
  sizeBytes: number,
): Promise<number> {
  const request = httpRequest(url, { method: 'POST', headers });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  const sending = pipeline(pieces(sizeBytes), request);
  const [answer] = await answered;
  let received = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) received += piece.length;
  await sending;
  return received;
}

function pieces(sizeBytes: number): Readable {
  return Readable.from(
    (function* () {
      for (let sent = 0; sent < sizeBytes; sent += PIECE.length) yield PIECE;
    })(),
  );
}
