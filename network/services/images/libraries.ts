import { basename } from 'node:path';
import { tryCommand } from '../../processes';

/**
 * The shared libraries that native programs or add-ons load, the dynamic linker included, as absolute paths.
 * @param ownFolder libraries below it come with the add-ons themselves and are left out
 */
export async function librariesOf(files: readonly string[], ownFolder?: string): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const file of files) {
    // What is no dynamic program makes ldd fail, and needs nothing.
    const { stdout } = await tryCommand(['ldd', file]);
    for (const path of parseLdd(stdout)) {
      if (ownFolder === undefined || !path.startsWith(`${ownFolder}/`)) found.add(path);
    }
  }
  return [...found].sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
}

/** The paths that `ldd` prints: `name => /path (address)`, or `/path (address)` for the linker itself. */
export function parseLdd(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => /(?:^|=>)\s*(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}
