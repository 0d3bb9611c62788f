import type { LaneView, MigrationView } from './lane-view';
import { factsOf } from './lane-view';
import type { ImageOrder } from './orders';
import type { Plan } from './steps';
import { act, wait } from './steps';
import { finalTrouble } from './trouble';

/** The picked node while the migration is PROPOSED: get the image, start it, answer its health check, prepare. */
export function planDestination(view: LaneView, migration: MigrationView): Plan {
  const { migrationId } = migration.record;
  const facts = factsOf(view, migrationId);
  const isPrepared = migration.prepares.some((p) => p.nodeId === view.me);
  if (facts.failure !== null) return planGivenUp(view, migrationId, facts.failure.reason, isPrepared);
  const failed = finalTrouble(view, 'pull', 'create', 'start', 'warm', 'prepare');
  if (failed !== undefined) {
    return act({ name: 'give-up', migrationId, stage: failed.step, reason: failed.message });
  }
  if (isPrepared) {
    return planPrepared(view, migrationId) ?? wait('prepared; waiting for the hand-over', migration.record.deadlineMs);
  }
  const leftover = view.containers.find((c) => c.migrationId !== migrationId);
  // From an earlier stay here: once this node owns the instance again it must not be taken for the present copy.
  if (leftover !== undefined) {
    return act({ name: 'remove-container', migrationId: leftover.migrationId, containerId: leftover.containerId });
  }
  if (facts.image === null) return wait('picked; waiting for the image', migration.record.deadlineMs);
  return planArrival(view, migrationId, facts.image);
}

function planArrival(view: LaneView, migrationId: string, image: ImageOrder): Plan {
  const { configDigest } = image;
  const container = view.containers.find((c) => c.migrationId === migrationId);
  if (container === undefined) {
    if (!view.imagesHeld.has(configDigest)) return act({ name: 'pull', migrationId, reference: image });
    return act({ name: 'create', migrationId, image: configDigest });
  }
  const { containerId } = container;
  if (container.state !== 'running') return act({ name: 'start', migrationId, containerId });
  if (!view.healthy.has(containerId)) return act({ name: 'warm', migrationId, containerId });
  return act({ name: 'prepare', migrationId, containerId, configDigest });
}

/** A prepared copy is kept running: the hand-over may come at any moment. */
function planPrepared(view: LaneView, migrationId: string): Plan | undefined {
  const container = view.containers.find((c) => c.migrationId === migrationId);
  if (container === undefined) return undefined;
  const { containerId } = container;
  if (container.state !== 'running') return act({ name: 'start', migrationId, containerId });
  if (view.healthy.has(containerId)) return undefined;
  // Lost with the state directory: without it nobody can ask how it is, and it is not given up for that.
  if (view.spec === null)
    return wait('prepared; the run spec has not arrived from another agent yet', view.nowMs + 2000);
  return act({ name: 'warm', migrationId, containerId });
}

/**
 * The source learns of the failure by asking; this side keeps nothing. A prepared copy stays until the ledger shows the
 * end: the hand-over may be on its way already, and the copy is then the only one that counts.
 */
function planGivenUp(view: LaneView, migrationId: string, reason: string, isPrepared: boolean): Plan {
  const container = isPrepared ? undefined : view.containers.find((c) => c.migrationId === migrationId);
  if (container !== undefined)
    return act({ name: 'remove-container', migrationId, containerId: container.containerId });
  return wait(`gave up: ${reason}; waiting for the source to abort`);
}
