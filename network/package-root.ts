import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of this package: scripts, profiles and the chaincode are found from it, compiled or not. */
export function packageRoot(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'network', 'fabric', 'ccaas')) || folder === dirname(folder)) return folder;
  }
}
