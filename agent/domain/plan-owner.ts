import { planClosure } from './cleaning';
import type { ContainerObservation } from './container';
import type { MigrationFacts } from './facts';
import type { LaneView, MigrationView } from './lane-view';
import { currentContainer, factsOf } from './lane-view';
import type { Plan } from './steps';
import { act, wait } from './steps';

/** The owner with no migration open: one container runs, leftovers go, an intent is proposed. */
export function planOwner(view: LaneView): Plan {
  const running = planRunning(view, '');
  if (running !== undefined) return running;
  return planLeftovers(view) ?? planClosing(view) ?? planIntent(view) ?? wait('serving');
}

/** The new owner after HandOver: its copy serves, then it says so on the ledger. */
export function planArrived(view: LaneView, migration: MigrationView): Plan {
  const { migrationId } = migration.record;
  return planRunning(view, migrationId) ?? act({ name: 'complete', migrationId });
}

/** What is missing until the instance's container here runs and answers; undefined: it does. */
function planRunning(view: LaneView, migrationId: string): Plan | undefined {
  const container = currentContainer(view);
  if (container === undefined) return planBirth(view, migrationId);
  if (container.state !== 'running') return act({ name: 'start', migrationId, containerId: container.containerId });
  if (!view.healthy.has(container.containerId)) {
    return act({ name: 'warm', migrationId, containerId: container.containerId });
  }
  return undefined;
}

/** No container here: a beginning, or a loss that only a stateless instance survives by itself. */
function planBirth(view: LaneView, migrationId: string): Plan {
  const { instance, service, spec } = view;
  if (instance === null || service === null) return wait('the service is not on the ledger yet');
  if (spec === null) return wait('the run spec has not arrived from another agent yet', view.nowMs + 2000);
  const isLoss = view.facts.born || instance.epoch > 1;
  if (isLoss && service.state !== 'none') {
    return wait('the container with the state is gone; an operator must recover it');
  }
  const image = imageOf(view);
  const isPulled = view.imagesHeld.has(image.configDigest);
  if (!isPulled) return act({ name: 'pull', migrationId, reference: image });
  return act({ name: 'create', migrationId, image: image.configDigest });
}

/** The image that the ledger names: the service's own, or the one that the last migration brought. */
function imageOf(view: LaneView): { repository: string; manifestDigest: string; configDigest: string } {
  const arrived = view.facts.migrations.find(
    (m) => m.image !== null && m.image.configDigest === view.instance?.configDigest,
  );
  if (arrived?.image) return arrived.image;
  const image = view.service?.image;
  return {
    repository: image?.repository ?? '',
    manifestDigest: image?.manifestDigest ?? '',
    configDigest: image?.configDigest ?? '',
  };
}

function planLeftovers(view: LaneView): Plan | undefined {
  const current = currentContainer(view);
  const leftover: ContainerObservation | undefined = view.containers.find(
    (c) => c.containerId !== current?.containerId,
  );
  if (leftover === undefined) return undefined;
  return act({ name: 'remove-container', migrationId: leftover.migrationId, containerId: leftover.containerId });
}

/** Ended migrations are cleaned up here when the source keeps the instance. */
function planClosing(view: LaneView): Plan | undefined {
  const ended = view.facts.migrations.find((m) => !m.closed && isEnded(view, m));
  return ended === undefined ? undefined : planClosure(view, ended);
}

/** An intent that has not been proposed is still to come; everything else, with no migration open, has ended. */
function isEnded(view: LaneView, facts: MigrationFacts): boolean {
  return facts.intent === null || view.endedMigrations.has(facts.migrationId) || facts.failure !== null;
}

function planIntent(view: LaneView): Plan | undefined {
  const pending = view.facts.migrations.find((m) => m.intent !== null && !m.closed);
  const container = currentContainer(view);
  if (pending === undefined || container === undefined) return undefined;
  const { migrationId, intent } = factsOf(view, pending.migrationId);
  if (intent === null) return undefined;
  return act({ name: 'propose', migrationId, intent, containerId: container.containerId });
}
