import { createHash } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BlosmError } from '../../../chaincode/src/model';

const ATTEMPTS = 20;
const LOCK_FILE = 'agent.lock';

/**
 * Takes a directory for this agent alone: `agent.lock` holds the pid and when that process started, so that a pid that
 * was given to another program after a crash or a reboot does not keep the agent out.
 * @returns what releases it
 * @throws BlosmError BLOSM_E_AGENT_RUNNING when a living process holds it
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  return lockFile(join(directory, LOCK_FILE));
}

/** The pid of the living process that holds a directory; null: nobody does. */
export async function lockHolder(directory: string): Promise<number | null> {
  const holder = await readOrNull(join(directory, LOCK_FILE));
  return holder !== null && (await isAlive(holder)) ? Number.parseInt(holder, 10) : null;
}

async function lockFile(file: string): Promise<() => Promise<void>> {
  const draft = `${file}.${process.pid}.${nextDraft()}`;
  try {
    await writeFile(draft, await describeSelf());
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      if ((await linked(draft, file)) || (await tookOver(file, draft))) return () => rm(file, { force: true });
    }
    throw running(file, 'an unknown process');
  } finally {
    await rm(draft, { force: true });
  }
}

let drafts = 0;
const nextDraft = (): number => (drafts += 1);

/**
 * Replaces the lock of a process that is gone. Two agents may see the same one: only who holds the lock named after
 * that holder may replace it, and only while it is still there, so the slower one cannot displace the faster one.
 * @returns false when the lock changed meanwhile
 */
async function tookOver(file: string, draft: string): Promise<boolean> {
  const holder = await readOrNull(file);
  if (holder === null) return false;
  if (await isAlive(holder)) throw running(file, holder);
  const release = await lockFile(`${file}-${createHash('sha256').update(holder).digest('hex').slice(0, 16)}`);
  try {
    if ((await readOrNull(file)) !== holder) return false;
    await rename(draft, file);
    return true;
  } finally {
    await release();
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

const running = (file: string, holder: string): BlosmError =>
  new BlosmError('BLOSM_E_AGENT_RUNNING', `${file} is held by process ${holder.split(' ')[0] ?? holder}`, {
    stage: 'lock',
  });

async function readOrNull(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return null;
  }
}

const describeSelf = async (): Promise<string> => `${process.pid} ${(await startOf(process.pid)) ?? 'unknown'}`;

async function isAlive(holder: string): Promise<boolean> {
  const [pid = '', start] = holder.split(' ');
  if (!/^\d+$/.test(pid) || !exists(Number(pid))) return false;
  const startNow = await startOf(Number(pid));
  return startNow === null || start === 'unknown' || startNow === start;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process may not be signalled, but it is there.
    return codeOf(error) === 'EPERM';
  }
}

/** When a process started: the boot's id and clock ticks since it (proc(5), field 22); null where there is no /proc. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readOrNull(`/proc/${pid}/stat`);
  const boot = await readOrNull('/proc/sys/kernel/random/boot_id');
  if (stat === null || boot === null) return null;
  // The program's name stands in parentheses and may itself hold spaces and parentheses.
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return `${boot.trim()}/${ticks ?? ''}`;
}
