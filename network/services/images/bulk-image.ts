import { createCipheriv, createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { counterLike } from './counter-image';
import type { BuiltImage } from './image';
import { ensureLayer } from './layer';

const CHUNK_BYTES = 1 << 20;

export interface BulkOptions {
  /** Bytes of the layer of random bytes: the image is so much larger than the counter's. */
  readonly extraBytes: number;
  /** Another seed gives other bytes, so that no engine has the layer yet. */
  readonly seed?: string;
}

/** The counter in an image of any size, for measuring: the extra bytes look random, so nothing compresses them. */
export async function bulkImage(options: BulkOptions): Promise<BuiltImage> {
  const { extraBytes, seed = 'blosm' } = options;
  const inputs = ['bulk', seed, String(extraBytes)];
  const entry = {
    path: 'bulk/random.bin',
    content: { kind: 'stream' as const, sizeBytes: extraBytes, open: () => randomBytes(seed, extraBytes) },
  };
  return counterLike('blosm/bulk', [await ensureLayer(inputs, () => [entry], 0)]);
}

/** Bytes that look random and are the same for the same seed: a cipher's key stream. */
function randomBytes(seed: string, sizeBytes: number): Readable {
  const key = createHash('sha256').update(seed).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  let leftBytes = sizeBytes;
  return new Readable({
    read() {
      const chunkBytes = Math.min(leftBytes, CHUNK_BYTES);
      leftBytes -= chunkBytes;
      this.push(chunkBytes === 0 ? null : cipher.update(Buffer.alloc(chunkBytes)));
    },
  });
}
