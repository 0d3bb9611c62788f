import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

/** The folder of the installed project, found upwards: compiled files lie one level deeper than sources. */
export function projectRoot(): string {
  let folder = __dirname;
  while (!existsSync(`${folder}/package.json`)) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${__dirname}`);
    folder = parent;
  }
  return folder;
}
