import { cpSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packageRoot } from '../../../network/package-root';
import { runCommand } from '../../../network/processes';

/** The chaincode's folder as a checkout has it, somewhere else: nothing beside it, nothing installed, nothing built. */
export function copyChaincode(target: string): string {
  const source = join(packageRoot(), 'chaincode');
  cpSync(source, target, { recursive: true, filter: (path) => !['node_modules', 'dist'].includes(basename(path)) });
  return target;
}

/** Runs npm in a folder; it has to succeed. */
export async function npm(folder: string, ...args: readonly string[]): Promise<void> {
  await runCommand(['npm', ...args, '--no-audit', '--no-fund'], { cwd: folder, timeoutMs: 180_000 });
}
