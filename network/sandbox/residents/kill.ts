import { isRunning, readRecord, waitUntil } from '../../processes';

const DEATH_DEADLINE_MS = 10_000;

/**
 * kill -9 of a recorded process, for fault tests: its record stays, as after a crash.
 * @returns whether it was running
 */
export async function killRecorded(stateFile: string): Promise<boolean> {
  const record = readRecord(stateFile);
  if (record === undefined || !isRunning(record)) return false;
  send(record.pid, 'SIGKILL');
  await waitUntil(() => !isRunning(record), { deadlineMs: DEATH_DEADLINE_MS, what: `${record.name} to be dead` });
  return true;
}

/** Sends a signal; a process that has ended meanwhile is no error. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
