import type { DrainView } from '../../ports/control';
import { time } from '../output/quantities';
import { facts, table } from '../output/table';

/** How far the drain is, and what is still here. */
export function drainText(view: DrainView): string {
  const head = facts([
    ['drain', stateOf(view)],
    ['takes in what is new', view.cordoned || view.draining ? 'no' : 'yes'],
    ['moved away', String(view.moved)],
    ['still here', String(view.instances.length)],
  ]);
  if (view.instances.length === 0) return head;
  const rows = view.instances.map(({ instanceId, serviceId, step, to, migrationId, reason }) => [
    ...[instanceId, serviceId, step, to ?? '-', migrationId ?? '-', reason === '' ? '-' : reason],
  ]);
  return [head, table(['INSTANCE', 'SERVICE', 'STEP', 'TO', 'MIGRATION', 'REASON'], rows)].join('\n');
}

function stateOf({ draining, isDone, sinceMs }: DrainView): string {
  if (!draining || sinceMs === null) return 'none';
  return `${isDone ? 'done' : 'under way'}, since ${time(sinceMs)}`;
}
