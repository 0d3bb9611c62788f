import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { Count, Sha256, type Platform } from '../../../chaincode/src/model';
import { blobPath } from './cache';
import { digestOf } from './digest';
import { Layer } from './layer';

const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';
const CONFIG_TYPE = 'application/vnd.docker.container.image.v1+json';
const LAYER_TYPE = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

const Blob = z.strictObject({ digest: Sha256, sizeBytes: Count });
type Blob = z.infer<typeof Blob>;

/** An image whose blobs all lie in the cache. */
export const BuiltImage = z.strictObject({
  /** Path in a registry, without its address. */
  repository: z.string(),
  manifest: Blob,
  config: Blob,
  layers: z.array(Layer).min(1),
});
export type BuiltImage = z.infer<typeof BuiltImage>;

export interface ImageOptions {
  readonly repository: string;
  readonly layers: readonly Layer[];
  readonly platform: Platform;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly workingDir: string;
  readonly user: string;
  /** TCP port that it listens on. */
  readonly port: number;
}

export { MANIFEST_TYPE };

/**
 * Puts an image together in Docker's schema 2, which every engine and registry reads. The same layers and options
 * give the same digests.
 */
export function buildImage(options: ImageOptions): BuiltImage {
  const config = keepBlob(JSON.stringify(imageConfig(options)));
  const manifest = keepBlob(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType: CONFIG_TYPE, size: config.sizeBytes, digest: config.digest },
      layers: options.layers.map((layer) => ({ mediaType: LAYER_TYPE, size: layer.sizeBytes, digest: layer.digest })),
    }),
  );
  return { repository: options.repository, manifest, config, layers: [...options.layers] };
}

/** Bytes of all layers, unpacked: what the image takes on a disk. */
export function unpackedBytesOf(image: BuiltImage): number {
  return image.layers.reduce((sum, layer) => sum + layer.unpackedBytes, 0);
}

/** The format is in the OCI image specification, config.md. */
function imageConfig(options: ImageOptions): unknown {
  const created = '2000-01-01T00:00:00Z';
  const { os, architecture, variant } = options.platform;
  return {
    architecture,
    ...(variant === '' ? {} : { variant }),
    os,
    created,
    config: {
      User: options.user,
      ExposedPorts: { [`${options.port}/tcp`]: {} },
      Env: Object.entries(options.env).map(([name, value]) => `${name}=${value}`),
      Cmd: options.command,
      WorkingDir: options.workingDir,
      StopSignal: 'SIGTERM',
    },
    rootfs: { type: 'layers', diff_ids: options.layers.map((layer) => layer.diffId) },
    history: options.layers.map((_, index) => ({ created, created_by: `blosm: layer ${index + 1}` })),
  };
}

function keepBlob(text: string): Blob {
  const digest = digestOf(text);
  writeFileSync(blobPath(digest), text);
  return { digest, sizeBytes: Buffer.byteLength(text) };
}
