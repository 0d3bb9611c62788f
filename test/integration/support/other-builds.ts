import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ProtocolRange } from '../../../agent/domain/protocol';
import { packageRoot } from '../../../network/package-root';

/** What makes a build another release. */
export interface Release {
  readonly version: string;
  readonly protocol: ProtocolRange;
}

const SPEAKS = 'dist/agent/domain/protocol.js';
const COPIED = ['agent/bin', 'dist/agent', 'dist/network', 'dist/chaincode'];
const LINKED = ['node_modules', 'network', 'chaincode'];

/**
 * A copy of the built package with another version number and another range of the agent-to-agent protocol, to be run
 * as a program of its own. @param folder that it is made in; the build's root
 */
export function buildRelease(folder: string, { version, protocol }: Release): string {
  const root = packageRoot();
  const write = (path: string, change: (text: string) => string): void => {
    const before = readFileSync(join(root, path), 'utf8');
    const after = change(before);
    if (after === before) throw new Error(`${path} has nothing to change for release ${version}`);
    writeFileSync(join(folder, path), after);
  };
  for (const path of COPIED) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(root, path), join(folder, path), { recursive: true, filter: (name) => !name.endsWith('.map') });
  }
  for (const path of LINKED) symlinkSync(join(root, path), join(folder, path));
  write('package.json', (text) => text.replace(/("version": ")[^"]+/, `$1${version}`));
  const { oldest, newest } = protocol;
  write(SPEAKS, (text) =>
    text.replace(/(exports\.PROTOCOL = )\{[^}]*\}/, `$1{ oldest: ${oldest}, newest: ${newest} }`),
  );
  return folder;
}
