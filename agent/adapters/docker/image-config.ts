import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import type { WireImage } from './wire';

/** The fields of an image's `config` (OCI image specification and Docker's additions to it), in a fixed order. */
const CONFIG_FIELDS = [
  'User',
  'ExposedPorts',
  'Env',
  'Entrypoint',
  'Cmd',
  'Volumes',
  'WorkingDir',
  'Labels',
  'StopSignal',
  'Healthcheck',
  'OnBuild',
  'Shell',
  'ArgsEscaped',
];

const isSet = (value: unknown): boolean => value !== null && value !== undefined && value !== '' && value !== false;

/**
 * The config of an image with the same settings as `base` and other layers, as bytes.
 * @param diffIds of all layers, bottom first
 * @param createdAt RFC 3339
 */
export function imageConfig(base: WireImage, diffIds: readonly string[], createdAt: string): Buffer {
  const settings = base.Config ?? {};
  const config = Object.fromEntries(
    CONFIG_FIELDS.filter((field) => isSet(settings[field])).map((field) => [field, settings[field]]),
  );
  const document = {
    created: createdAt,
    architecture: base.Architecture,
    ...(isSet(base.Variant) ? { variant: base.Variant } : {}),
    os: base.Os,
    config,
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: diffIds.map(() => ({ created: createdAt, created_by: 'blosm' })),
  };
  return Buffer.from(JSON.stringify(document));
}

/** A Docker image archive that holds a config and names layers which it does not hold. */
export async function configArchive(config: Buffer, layers: number, reference: string): Promise<Buffer> {
  const name = `${createHash('sha256').update(config).digest('hex')}.json`;
  const manifest = [
    {
      Config: name,
      RepoTags: [reference],
      Layers: Array.from({ length: layers }, (_, index) => `${index}/layer.tar`),
    },
  ];
  const archive = pack();
  archive.entry({ name }, config);
  archive.entry({ name: 'manifest.json' }, JSON.stringify(manifest));
  archive.finalize();
  return buffer(archive);
}
