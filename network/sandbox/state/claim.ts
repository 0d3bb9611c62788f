import { mkdirSync, readFileSync, rmSync, rmdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { sync as writeFileAtomicSync } from 'write-file-atomic';
import { z } from 'zod';
import { BlosmError } from '../../../chaincode/src/model';
import { isRunning, readOwnRecord } from './running-program';
import { interfaceExists } from '../hosts/interfaces';
import { BRIDGE, RUN_DIR } from '../plan';

const Claim = z.strictObject({
  /** The state folder of the sandbox that this machine runs. */
  stateDir: z.string(),
  /** The program that brings it up or takes it down at the moment; null: none. */
  busy: z.strictObject({ pid: z.int(), startTicks: z.string(), doing: z.string() }).nullable(),
});
type Claim = z.infer<typeof Claim>;

const CLAIM_PATH = `${RUN_DIR}/sandbox.json`;

/**
 * Makes this program the only one that changes the machine's one sandbox; addresses and names have no room for two.
 * The machine stays the sandbox's afterwards as long as its bridge is there.
 * @param doing for the message that another program gets, e.g. `brings it up`
 * @throws BlosmError BLOSM_E_CONFLICT with who holds it
 */
export async function withClaim<T>(stateDir: string, doing: string, change: () => Promise<T>): Promise<T> {
  const own = resolve(stateDir);
  const earlier = readClaim();
  if (earlier !== undefined) assertFree(earlier, own);
  write({ stateDir: own, busy: { ...readOwnRecord(), doing } });
  try {
    return await change();
  } finally {
    if (interfaceExists(BRIDGE)) write({ stateDir: own, busy: null });
    else removeClaim();
  }
}

function removeClaim(): void {
  rmSync(CLAIM_PATH, { force: true });
  try {
    rmdirSync(RUN_DIR);
  } catch {
    // something else is in it
  }
}

/** The state folder whose sandbox this machine runs; undefined: none. */
export function claimedStateDir(): string | undefined {
  return readClaim()?.stateDir;
}

function assertFree(claim: Claim, own: string): void {
  if (claim.busy !== null && isRunning(claim.busy)) {
    throw new BlosmError(
      'BLOSM_E_CONFLICT',
      `program ${claim.busy.pid} ${claim.busy.doing}: the sandbox of ${claim.stateDir}`,
      { stage: 'sandbox', hint: 'Wait until it has ended.' },
    );
  }
  // Without its bridge there is no sandbox, whatever the claim says: the machine was restarted, or someone cleaned up.
  if (claim.stateDir === own || !interfaceExists(BRIDGE)) return;
  throw new BlosmError('BLOSM_E_CONFLICT', `this machine already runs the sandbox of ${claim.stateDir}`, {
    stage: 'sandbox',
    hint: `Take it down first: blosm sandbox down --state ${claim.stateDir}`,
  });
}

function readClaim(): Claim | undefined {
  try {
    return Claim.parse(JSON.parse(readFileSync(CLAIM_PATH, 'utf8')));
  } catch {
    return undefined;
  }
}

function write(claim: Claim): void {
  mkdirSync(dirname(CLAIM_PATH), { recursive: true, mode: 0o755 });
  writeFileAtomicSync(CLAIM_PATH, `${JSON.stringify(claim)}\n`, { mode: 0o600 });
}
