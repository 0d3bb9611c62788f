import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { sync as writeFileAtomicSync } from 'write-file-atomic';
import { z } from 'zod';
import { BlosmError } from '../../../chaincode/src/model';
import { isRunning, readOwnRecord, type RunningProgram } from './running-program';
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
 * @param doing for the message that another one gets, e.g. `brings it up`
 * @returns gives the sandbox free for other programs; with `gone`, for other state folders too
 * @throws BlosmError BLOSM_E_CONFLICT with who holds it
 */
export function takeClaim(stateDir: string, doing: string): (gone?: 'gone') => void {
  const own = resolve(stateDir);
  const earlier = readClaim();
  if (earlier !== undefined) assertFree(earlier, own);
  const me: RunningProgram = readOwnRecord();
  write({ stateDir: own, busy: { ...me, doing } });
  return (gone) => {
    if (gone === undefined) write({ stateDir: own, busy: null });
    else rmSync(CLAIM_PATH, { force: true });
  };
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
