import type { TimelineView } from '../../ports/control';
import { duration } from '../output/quantities';
import { facts, table } from '../output/table';

const BAR_WIDTH = 40;

/** The phases as bars on one scale, the ledger's records as offsets from the beginning. */
export function timelineText({ migrationId, phases, records, outageMs }: TimelineView): string {
  const starts = [...phases.map(({ startMs }) => startMs), ...records.map(({ atMs }) => atMs)];
  const beginMs = Math.min(...starts);
  const endMs = Math.max(...starts, ...phases.map((phase) => phase.endMs ?? phase.startMs));
  const total = starts.length === 0 ? 0 : endMs - beginMs;
  return [
    facts([
      ['migration', migrationId],
      ['total', duration(total)],
      ['outage', outageMs === null ? 'not known yet' : duration(outageMs)],
    ]),
    table(
      ['PHASE', 'NODE', 'TOOK', `0${'-'.repeat(BAR_WIDTH - 1)}>`, 'DETAIL'],
      phases.map((phase) => [
        phase.name,
        phase.node,
        phase.endMs === null ? 'goes on' : duration(phase.endMs - phase.startMs),
        bar(phase.startMs - beginMs, (phase.endMs ?? endMs) - beginMs, total),
        phase.detail,
      ]),
    ),
    table(
      ['RECORD', 'NODE', 'AFTER', 'TRANSACTION'],
      [...records]
        .sort((a, b) => a.atMs - b.atMs)
        .map(({ what, node, atMs, transactionId }) => [what, node, duration(atMs - beginMs), transactionId ?? '-']),
    ),
  ].join('\n');
}

/** At least one mark for everything that happened. */
function bar(startMs: number, endMs: number, totalMs: number): string {
  const cell = (offsetMs: number): number => (totalMs <= 0 ? 0 : (offsetMs / totalMs) * BAR_WIDTH);
  const from = Math.min(Math.floor(cell(startMs)), BAR_WIDTH - 1);
  const length = Math.max(1, Math.round(cell(endMs)) - from);
  return `${' '.repeat(from)}${'='.repeat(length)}`.padEnd(BAR_WIDTH);
}
