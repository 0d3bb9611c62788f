import type { EventView, LogLineView } from '../../ports/control';
import type { Cli } from '../io';
import { paintFor } from '../output/paint';
import { plain } from '../output/print';

/** Fields that every line of one agent has alike. */
const UNSAID = new Set(['node']);
const STYLES: Readonly<Partial<Record<LogLineView['level'], 'red' | 'yellow' | 'dim'>>> = {
  error: 'red',
  warn: 'yellow',
  debug: 'dim',
};

/** E.g. `12:00:00.123 WARN  step failed instanceId=inst-1 code=BLOSM_E_TIMEOUT`. */
export function logLineText({ atMs, level, message, fields }: LogLineView, cli: Cli): string {
  const paint = paintFor(cli, cli.io.stdout);
  const word = level.toUpperCase().padEnd(5);
  const style = STYLES[level];
  const mark = style === undefined ? word : paint(style, word);
  const said = Object.entries(fields)
    .filter(([name]) => !UNSAID.has(name))
    .map(([name, value]) => ` ${name}=${valueText(value)}`);
  return `${clock(atMs)} ${mark} ${plain(`${message}${said.join('')}`)}`;
}

/** E.g. `12:00:00.123 ledger MigrationProposed mig-1 inst-1 by edge1 block 42`. */
export function eventText(event: EventView): string {
  const ids = [event.migrationId, event.instanceId, event.serviceId].filter((id) => id !== '');
  const block = event.blockNumber === null ? '' : ` block ${event.blockNumber}`;
  const detail = event.detail === '' ? '' : ` (${event.detail})`;
  const what = `${clock(event.atMs)} ${event.source.padEnd(6)} ${event.name}`;
  return plain(`${[what, ...ids].join(' ')} by ${event.nodeName}${block}${detail}`);
}

/** Time of day in UTC, as the log itself has it. */
const clock = (atMs: number): string => new Date(atMs).toISOString().slice(11, 23);

function valueText(value: unknown): string {
  if (typeof value === 'string') return /[\s"]/.test(value) ? JSON.stringify(value) : value;
  return JSON.stringify(value);
}
