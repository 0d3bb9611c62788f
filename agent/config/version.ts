import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { formatRange, PROTOCOL } from '../domain/protocol';

/** What this agent and this command line speak; others refuse what they do not know. */
export const PROTOCOLS = {
  /** The control API, between command line and agent. */
  control: 'v1',
  /** Between agents: the oldest and the newest version. */
  peers: formatRange(PROTOCOL),
  /** The documents of `-o json` and `-o yaml`. */
  documents: 'blosm/v1',
} as const;

/** This release's version, from the package's own package.json: some folders up, more of them once compiled. */
export function readVersion(): string {
  return readPackage()?.version ?? 'unknown';
}

/**
 * The commit that this release was made from: as packed, or as checked out.
 * @returns null when neither says it
 */
export function readCommit(found = readPackage()): string | null {
  if (found === undefined) return null;
  return found.commit ?? checkedOut(join(found.folder, '.git'));
}

interface Package {
  readonly folder: string;
  readonly version: string;
  readonly commit: string | undefined;
}

function readPackage(): Package | undefined {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const found = packageIn(folder);
    if (found !== undefined) return found;
  }
  return undefined;
}

function packageIn(folder: string): Package | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (typeof found !== 'object' || found === null) return undefined;
    if (!('name' in found) || found.name !== 'blosm' || !('version' in found)) return undefined;
    const commit = 'gitHead' in found && typeof found.gitHead === 'string' ? found.gitHead : undefined;
    return { folder, version: String(found.version), commit };
  } catch {
    return undefined;
  }
}

const COMMIT = /^[0-9a-f]{40}$/;

/** Without git: what HEAD names, in a repository or in one of its work trees. */
function checkedOut(git: string): string | null {
  const folder = resolve(dirname(git), /^gitdir: (.+)$/m.exec(readText(git))?.[1] ?? git);
  const common = resolve(folder, readText(join(folder, 'commondir')) || '.');
  const head = readText(join(folder, 'HEAD'));
  const [, name = ''] = /^ref: (.+)$/.exec(head) ?? [];
  const packed = (): string | undefined =>
    readText(join(common, 'packed-refs'))
      .split('\n')
      .find((line) => line.endsWith(` ${name}`))
      ?.slice(0, 40);
  const commit = name === '' ? head : readText(join(common, name)) || packed() || '';
  return COMMIT.test(commit) ? commit : null;
}

/** Empty where there is no such file. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
