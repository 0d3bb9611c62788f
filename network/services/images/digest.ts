import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';

/** The SHA-256 of some bytes as images name it. */
export function digestOf(content: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** Lets bytes pass and knows, once they all have, how many they were and their digest. */
export function meter(): {
  readonly stream: Transform;
  readonly sizeBytes: () => number;
  readonly digest: () => string;
} {
  const hash = createHash('sha256');
  let passedBytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      passedBytes += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, sizeBytes: () => passedBytes, digest: () => `sha256:${hash.digest('hex')}` };
}
