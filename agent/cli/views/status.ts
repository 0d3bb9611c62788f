import type { StatusView } from '../../ports/control';
import { age, bytes, cores, time } from '../output/quantities';
import { facts, table } from '../output/table';
import { migrationTable } from './migrations';

/** Everything about the agent on one screen. */
export function statusText(status: StatusView, isWide = false): string {
  const { nowMs } = status;
  const parts = [
    facts([
      ['agent', `${status.name} (${status.nodeId}), ${status.ready ? 'ready' : 'NOT READY'}`],
      ['version', `${status.version}, up ${age(status.startedAtMs, nowMs)}`],
      ['ledger', ledgerLine(status)],
      ['capacity', capacityLine(status)],
      ['instances', `${status.instancesOwned} owned`],
      ['last error', errorLine(status)],
    ]),
    table(
      ['DEPENDENCY', 'STATE', 'SINCE', 'DETAIL'],
      status.dependencies.map(({ name, state, sinceMs, detail }) => [name, state, age(sinceMs, nowMs), detail]),
    ),
  ];
  if (status.openMigrations.length > 0) parts.push(migrationTable(status.openMigrations, nowMs, isWide));
  return parts.join('\n');
}

/** The same on one line, for a log. */
export function statusLine(status: StatusView): string {
  const { name, nowMs, ready, ledgerHeight, instancesOwned, openMigrations, dependencies } = status;
  const ill = dependencies.filter(({ state }) => state !== 'ok').map((found) => `${found.name} ${found.state}`);
  return [
    `${time(nowMs)} ${name} ${ready ? 'ready' : 'NOT READY'}`,
    ledgerHeight === null ? 'ledger does not answer' : `${ledgerHeight} blocks`,
    `${instancesOwned} instances`,
    `${openMigrations.length} open migrations`,
    ...ill,
  ].join(', ');
}

function ledgerLine({ ledgerHeight, nodes }: StatusView): string {
  if (ledgerHeight === null) return 'does not answer';
  return `${ledgerHeight} blocks${nodes === null ? '' : `, ${nodes} nodes`}`;
}

function capacityLine({ capacity }: StatusView): string {
  if (capacity === null) return 'unknown: the engine does not answer';
  const { total, remaining } = capacity;
  return [
    `${bytes(remaining.memoryBytes)} of ${bytes(total.memoryBytes)} memory`,
    `${cores(remaining.cpuMillis)} of ${cores(total.cpuMillis)} cores`,
    `${cores(remaining.gpuMillis)} of ${cores(total.gpuMillis)} GPU`,
    `${bytes(remaining.diskBytes)} of ${bytes(total.diskBytes)} disk free to promise`,
  ].join(', ');
}

function errorLine({ lastError, nowMs }: StatusView): string {
  return lastError === null ? 'none' : `${age(lastError.atMs, nowMs)} ago: ${lastError.message} (${lastError.code})`;
}
