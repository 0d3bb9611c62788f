import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../package-root';
import { SERVICE_USER, builtPlatform, nodeBaseLayer } from './base-layer';
import { buildImage, type BuiltImage } from './image';
import { ensureLayer, type LayerEntry, type Layer } from './layer';

export const serviceFolder = (name: string): string => join(packageRoot(), 'network', 'services', name);

const FILES = ['package.json', 'server.js', 'live-counts.js', 'log-file.js'] as const;

/** Builds the image of the service `counter`. */
export async function counterImage(): Promise<BuiltImage> {
  return counterLike('blosm/counter', []);
}

/** The counter with further layers below its program. */
export async function counterLike(repository: string, layers: readonly Layer[]): Promise<BuiltImage> {
  const program = textEntries(serviceFolder('counter'), FILES);
  const layer = await ensureLayer(['counter', ...program.map((entry) => JSON.stringify(entry))], () => [
    ...program,
    { path: 'data', mode: 0o750, owner: SERVICE_USER, content: { kind: 'folder' } },
  ]);
  return buildImage({
    repository,
    layers: [await nodeBaseLayer(), ...layers, layer],
    platform: builtPlatform(),
    env: { PATH: '/usr/bin', NODE_ENV: 'production' },
    command: ['node', '/app/server.js'],
    workingDir: '/app',
    user: `${SERVICE_USER}:${SERVICE_USER}`,
    port: 8080,
  });
}

/** Source files of a service at their place in its image. */
export function textEntries(folder: string, names: readonly string[]): readonly LayerEntry[] {
  return names.map((name) => ({
    path: `app/${name}`,
    content: { kind: 'text', text: readFileSync(join(folder, name), 'utf8') },
  }));
}
