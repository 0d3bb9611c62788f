import { planDestination } from './plan-destination';
import { planArrived, planOwner } from './plan-owner';
import { planSource } from './plan-source';
import { planGone, planRelinquished, planStranger } from './plan-stranger';
import type { LaneView, MigrationView } from './lane-view';
import { factsOf } from './lane-view';
import { backedOff } from './trouble';
import type { Plan, StepName } from './steps';
import { wait } from './steps';

/**
 * The one function that decides what happens next to an instance on this node, from the ledger's state, the observed
 * world, the journal and the clock. After each step everything is read again and this is asked again: a crash is just
 * a pause. It yields recovery, dry-run, explain and the property tests.
 */
export function plan(view: LaneView): Plan {
  const planned = planFor(view);
  if (planned.kind !== 'step') return planned;
  return unconfirmed(view, planned.step.name) ?? backedOff(view, planned.step.name) ?? planned;
}

/** Steps that cannot be taken back. */
const DESTRUCTIVE: ReadonlySet<StepName> = new Set(['remove-container', 'remove-image', 'retire']);

/** After a start the ledger may be an old one: nothing is thrown away on it. */
function unconfirmed(view: LaneView, step: StepName): Plan | undefined {
  return view.fresh || !DESTRUCTIVE.has(step) ? undefined : wait('the ledger is being caught up');
}

function planFor(view: LaneView): Plan {
  const { instance, migration } = view;
  if (instance === null) return planGone(view);
  return instance.ownerNodeId === view.me ? planOwned(view, migration) : planForeign(view, migration);
}

function planOwned(view: LaneView, migration: MigrationView | null): Plan {
  if (migration?.record.state === 'PROPOSED' && migration.record.sourceNodeId === view.me) {
    return planSource(view, migration);
  }
  if (migration?.record.state === 'HANDED_OVER' && migration.record.destinationNodeId === view.me) {
    return planArrived(view, migration);
  }
  return planOwner(view);
}

/** Picked here, whatever became of it, or prepared as far as the ledger knows. */
function isInvolved(view: LaneView, { record, prepares }: MigrationView): boolean {
  return factsOf(view, record.migrationId).order !== null || prepares.some(({ nodeId }) => nodeId === view.me);
}

function planForeign(view: LaneView, migration: MigrationView | null): Plan {
  if (migration?.record.state === 'HANDED_OVER' && migration.record.sourceNodeId === view.me) {
    return planRelinquished(view, migration);
  }
  if (migration?.record.state === 'PROPOSED' && isInvolved(view, migration)) return planDestination(view, migration);
  return planStranger(view);
}
