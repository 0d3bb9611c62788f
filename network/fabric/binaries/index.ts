import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BlosmError } from '../../../chaincode/src/model';
import { packageRoot } from '../../package-root';
import { runCommand } from '../../processes';
import type { Binaries } from '../state';

const BUILD_TIMEOUT_MS = 20 * 60_000;

/**
 * Finds Fabric's programs: `$FABRIC_BIN`, PATH, the cache, else builds the pinned module into the cache.
 * The look-up is a plain Node script, because the set-up needs it before anything is installed or compiled.
 * @throws BlosmError BLOSM_E_PREREQUISITE with everything that was tried
 */
export async function findBinaries(signal?: AbortSignal): Promise<Binaries> {
  const script = join(packageRoot(), 'network', 'fabric', 'binaries', 'resolve.mjs');
  try {
    const { stdout } = await runCommand([process.execPath, script], { timeoutMs: BUILD_TIMEOUT_MS, signal });
    return JSON.parse(stdout) as Binaries;
  } catch (cause) {
    if (!(cause instanceof BlosmError) || cause.code !== 'BLOSM_E_COMMAND_FAILED') throw cause;
    throw new BlosmError('BLOSM_E_PREREQUISITE', `Fabric's programs: ${cause.message}`, { stage: 'binaries', cause });
  }
}

/** True from 2.3 on: channels are joined at the orderer itself, and there is no system channel. */
export function hasChannelParticipation({ version }: Pick<Binaries, 'version'>): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 3);
}

/** Compares version numbers; what follows the third number is not compared. */
export function isOlder(version: string, than: string): boolean {
  const numbers = (text: string): number[] => text.split('.', 3).map((part) => Number.parseInt(part, 10));
  const other = numbers(than);
  for (const [index, number] of numbers(version).entries()) {
    const difference = number - (other[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/**
 * What only some commands need, and a folder of somebody's own need not hold.
 * @throws BlosmError BLOSM_E_PREREQUISITE naming what is missing
 */
export function requirePrograms({ binFolder }: Pick<Binaries, 'binFolder'>, names: readonly string[]): void {
  const missing = names.filter((name) => !existsSync(join(binFolder, name)));
  if (missing.length === 0) return;
  throw new BlosmError('BLOSM_E_PREREQUISITE', `${binFolder} has no program named ${missing.join(', ')}`, {
    stage: 'binaries',
    hint: 'Every release of Hyperledger Fabric has it in its bin folder: put it beside the others.',
  });
}
