import { createHash } from 'node:crypto';
import type { Platform } from '../../chaincode/src/model';

export interface FakeLayer {
  readonly diffId: string;
  readonly sizeBytes: number;
  readonly files: Readonly<Record<string, string>>;
}

export interface FakeImage {
  readonly configDigest: string;
  readonly platform: Platform;
  readonly layers: readonly FakeLayer[];
}

export const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

export const AMD64: Platform = { os: 'linux', architecture: 'amd64', variant: '' };

export function layerOf(files: Readonly<Record<string, string>>, sizeBytes?: number): FakeLayer {
  const text = JSON.stringify(Object.entries(files).sort());
  return { diffId: sha256(text), sizeBytes: sizeBytes ?? text.length, files };
}

/** An image with the digests that its content gives. */
export function imageOf(layers: readonly FakeLayer[], platform: Platform = AMD64): FakeImage {
  const configDigest = sha256(JSON.stringify({ platform, diffIds: layers.map((layer) => layer.diffId) }));
  return { configDigest, platform, layers };
}

/** A private registry in memory, shared by several engines. */
export class FakeRegistry {
  /** What it hands out instead of the image with this manifest digest: another one, as if the ledger were wrong. */
  readonly lies = new Map<string, FakeImage>();
  isDown = false;
  private readonly manifests = new Map<string, FakeImage>();
  private readonly layers = new Set<string>();

  constructor(readonly address = 'registry.test:5000') {}

  /**
   * @param path without address, tag and digest
   * @returns the bytes of the layers that it did not have
   */
  put(path: string, image: FakeImage, tag = 'latest'): { manifestDigest: string; sentBytes: number } {
    const missing = image.layers.filter((layer) => !this.layers.has(layer.diffId));
    for (const layer of missing) this.layers.add(layer.diffId);
    const manifestDigest = sha256(`manifest of ${image.configDigest}`);
    this.manifests.set(`${path}@${manifestDigest}`, image);
    this.manifests.set(`${path}:${tag}`, image);
    return { manifestDigest, sentBytes: missing.reduce((sum, layer) => sum + layer.sizeBytes, 0) };
  }

  /** @param name `path@sha256:...` or `path:tag` */
  get(name: string): FakeImage | undefined {
    const honest = this.manifests.get(name);
    return honest === undefined ? undefined : (this.lies.get(name.split('@')[1] ?? '') ?? honest);
  }
}
