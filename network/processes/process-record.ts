import { mkdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { sync as writeFileAtomicSync } from 'write-file-atomic';
import { z } from 'zod';

/** What is written down of a started process, so that a later command finds it, and never another one. */
const ProcessRecord = z.strictObject({
  name: z.string(),
  pid: z.int().min(2),
  /** Clock ticks from the machine's boot to the start: a recycled pid has another value. */
  startTicks: z.string(),
  bootId: z.string(),
  command: z.array(z.string()),
  /** Of what the process was started with, environment included: another value means start it anew. */
  fingerprint: z.string(),
  logFile: z.string(),
  startedAtMs: z.int(),
});
export type ProcessRecord = z.infer<typeof ProcessRecord>;

/** Reads the record of a process; undefined when there is none that can be read. */
export function readRecord(stateFile: string): ProcessRecord | undefined {
  try {
    return ProcessRecord.parse(JSON.parse(readFileSync(stateFile, 'utf8')));
  } catch {
    return undefined;
  }
}

export function writeRecord(stateFile: string, record: ProcessRecord): void {
  mkdirSync(dirname(stateFile), { recursive: true });
  writeFileAtomicSync(stateFile, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
}

export function removeRecord(stateFile: string): void {
  rmSync(stateFile, { force: true });
}

/** True while the very process that was recorded lives. */
export function isRunning(record: ProcessRecord): boolean {
  return record.bootId === bootId() && startTicksOf(record.pid) === record.startTicks;
}

/** Start of a process in clock ticks since boot; undefined when it does not live (a zombie does not). */
export function startTicksOf(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the program's name in brackets and may itself hold brackets and spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  return state === 'Z' || state === 'X' ? undefined : fields[19];
}

/** Identifies this run of the kernel; in a container, its process namespace too: pids mean nothing outside. */
export function bootId(): string {
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
}
