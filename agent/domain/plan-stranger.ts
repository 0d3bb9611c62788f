import { planClosure } from './cleaning';
import type { LaneView, MigrationView } from './lane-view';
import type { Plan } from './steps';
import { act, wait } from './steps';

/** The instance was removed from the ledger: nothing of it stays. */
export function planGone(view: LaneView): Plan {
  return planCleaning(view) ?? wait('gone');
}

/** Not the owner, not picked: a higher epoch fences whatever still runs here. */
export function planStranger(view: LaneView): Plan {
  return planCleaning(view) ?? wait('owned by another cluster');
}

/** The source after HandOver: its copy is stopped and kept until the new owner has completed. */
export function planRelinquished(view: LaneView, migration: MigrationView): Plan {
  const { migrationId } = migration.record;
  const running = view.containers.find((c) => c.state === 'running');
  if (running !== undefined) return act({ name: 'stop', migrationId, containerId: running.containerId });
  return wait('handed over; the stopped copy is kept until the new owner completes');
}

function planCleaning(view: LaneView): Plan | undefined {
  const container = view.containers[0];
  if (container !== undefined) {
    const { migrationId, containerId } = container;
    return act({ name: 'remove-container', migrationId, containerId });
  }
  const open = view.facts.migrations.find((m) => !m.closed);
  return open === undefined ? undefined : planClosure(view, open);
}
