import { readFileSync } from 'node:fs';
import { runCommand } from '../../processes';

export interface Mount {
  readonly path: string;
  /** File system, e.g. `overlay`. */
  readonly type: string;
}

/** The mounts of this machine that fit, in the order in which they were made. */
export function mountsOf(fits: (mount: Mount) => boolean): readonly Mount[] {
  return readFileSync('/proc/self/mountinfo', 'utf8').split('\n').flatMap(parseLine).filter(fits);
}

/** The mounts at or below a folder. */
export function mountsBelow(folder: string): readonly Mount[] {
  return mountsOf(({ path }) => path === folder || path.startsWith(`${folder}/`));
}

/** Detaches every mount at or below a folder, the last made first. */
export async function detachMounts(folder: string, signal?: AbortSignal): Promise<void> {
  for (const mount of [...mountsBelow(folder)].reverse()) await runCommand(['umount', '-l', mount.path], { signal });
}

/** The format is in proc(5): the path is the fifth field, the type the first one after a single hyphen. */
function parseLine(line: string): readonly Mount[] {
  const [before = '', after = ''] = line.split(' - ');
  const path = before.split(' ')[4];
  const type = after.split(' ')[0];
  return path === undefined || type === undefined ? [] : [{ path: unescapeOctal(path), type }];
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}
