import { readFileSync, readdirSync, statSync } from 'node:fs';
import { waitUntil } from '../../processes';
import { namespacePath } from '../hosts/interfaces';
import { send } from './kill';

const DEATH_DEADLINE_MS = 10_000;

/** The processes that live in a network namespace, whoever started them; none when there is no such namespace. */
export function residentsOf(namespace: string): readonly number[] {
  const place = identityOf(namespacePath(namespace));
  if (place === undefined) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && identityOf(`/proc/${pid}/ns/net`) === place && !isZombie(pid));
}

/**
 * Ends every process of a namespace: asks first, kills after the grace.
 * @param graceMs milliseconds between SIGTERM and SIGKILL
 */
export async function clearNamespace(namespace: string, graceMs: number, signal?: AbortSignal): Promise<void> {
  // What watches over a container does not listen to SIGTERM; its container has been dealt with before.
  for (const pid of residentsOf(namespace)) send(pid, isShim(pid) ? 'SIGKILL' : 'SIGTERM');
  const isEmpty = (): boolean => residentsOf(namespace).length === 0;
  const what = `the processes in the namespace ${namespace} to end`;
  await waitUntil(isEmpty, { deadlineMs: graceMs, what, signal }).catch(() => undefined);
  for (const pid of residentsOf(namespace)) send(pid, 'SIGKILL');
  await waitUntil(isEmpty, { deadlineMs: DEATH_DEADLINE_MS, what, signal });
}

function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev} ${ino}`;
  } catch {
    return undefined; // it ended while we looked, or there never was one
  }
}

function isShim(pid: number): boolean {
  return readOrEmpty(`/proc/${pid}/comm`).startsWith('containerd-shim');
}

function isZombie(pid: number): boolean {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  return stat === '' || stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
