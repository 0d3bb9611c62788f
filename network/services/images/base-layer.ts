import { statSync } from 'node:fs';
import { ensureLayer, type Layer, type LayerEntry } from './layer';
import { librariesOf } from './libraries';
import type { Platform } from '../../../chaincode/src/model';

/** The user that services run as inside their containers. */
export const SERVICE_USER = 10001;

/** The platform of the images that are built here: the machine's own. */
export function builtPlatform(): Platform {
  const architectures: Readonly<Record<string, string>> = { x64: 'amd64' };
  return { os: 'linux', architecture: architectures[process.arch] ?? process.arch, variant: '' };
}

/**
 * The layer that all services share: this machine's Node.js, the libraries that it loads, and what a program expects
 * to find. It takes the place of `node:20-bookworm-slim` where no registry can be reached.
 */
export async function nodeBaseLayer(): Promise<Layer> {
  const program = process.execPath;
  const libraries = await librariesOf([program]);
  return ensureLayer(['node-base', ...[program, ...libraries].map(stamp)], () => [
    ...ACCOUNT_FILES,
    { path: 'tmp', mode: 0o1777, content: { kind: 'folder' } },
    { path: 'usr/bin/node', mode: 0o755, content: { kind: 'file', source: program } },
    ...libraries.map(libraryEntry),
  ]);
}

/** A library at the path at which the dynamic linker looks for it. */
export function libraryEntry(path: string): LayerEntry {
  return { path: path.slice(1), mode: 0o755, content: { kind: 'file', source: path } };
}

const ACCOUNT_FILES: readonly LayerEntry[] = [
  {
    path: 'etc/passwd',
    content: {
      kind: 'text',
      text: `root:x:0:0:root:/:/bin/false\nservice:x:${SERVICE_USER}:${SERVICE_USER}:service:/:/bin/false\n`,
    },
  },
  { path: 'etc/group', content: { kind: 'text', text: `root:x:0:\nservice:x:${SERVICE_USER}:\n` } },
];

/** Stands for a file's content without reading its 100 MB. */
function stamp(path: string): string {
  const { size, mtimeMs } = statSync(path);
  return `${path} ${size} ${mtimeMs}`;
}
