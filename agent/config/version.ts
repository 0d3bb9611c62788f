import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** This release's version, from the package's own package.json: some folders up, more of them once compiled. */
export function readVersion(): string {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const version = versionIn(join(folder, 'package.json'));
    if (version !== undefined) return version;
  }
  return 'unknown';
}

function versionIn(file: string): string | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof found !== 'object' || found === null) return undefined;
    return 'name' in found && found.name === 'blosm' && 'version' in found ? String(found.version) : undefined;
  } catch {
    return undefined;
  }
}
