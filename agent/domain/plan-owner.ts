import type { InstanceRecord, ServiceRecord } from '../../chaincode/src/model';
import { planClosure } from './cleaning';
import type { ContainerObservation } from './container';
import type { MigrationFacts } from './facts';
import type { LaneView, MigrationView } from './lane-view';
import { beginsAnew, currentContainer } from './lane-view';
import { idleEndsAtMs, planRetirement } from './retirement';
import type { Plan, PullReference } from './steps';
import { act, wait } from './steps';

/** The owner with no migration open: one container runs, leftovers go, an intent is proposed. */
export function planOwner(view: LaneView): Plan {
  const retirement = planRetirement(view);
  if (retirement !== undefined) return retirement;
  const old = beginsAnew(view) ? view.containers[0] : undefined;
  // What ran here before belongs to a life that the operator has given up.
  if (old !== undefined) return act({ name: 'remove-container', ...idsOf(old) });
  const running = planRunning(view, '');
  if ('kind' in running) return running;
  return (
    planLeftovers(view, running) ??
    planClosing(view) ??
    planIntent(view, running) ??
    wait('serving', idleEndsAtMs(view))
  );
}

/** The new owner after HandOver: its copy serves, then it says so on the ledger. */
export function planArrived(view: LaneView, migration: MigrationView): Plan {
  const { migrationId } = migration.record;
  const running = planRunning(view, migrationId);
  return 'kind' in running ? running : act({ name: 'complete', migrationId });
}

/** What is missing until the instance's container here runs and answers; the container itself: nothing. */
function planRunning(view: LaneView, migrationId: string): Plan | ContainerObservation {
  const container = currentContainer(view);
  if (container === undefined) return planBirth(view, migrationId);
  if (container.state !== 'running') return act({ name: 'start', migrationId, containerId: container.containerId });
  if (!view.healthy.has(container.containerId)) {
    return act({ name: 'warm', migrationId, containerId: container.containerId });
  }
  return container;
}

/** No container here: a beginning, or a loss that only a stateless instance survives by itself. */
function planBirth(view: LaneView, migrationId: string): Plan {
  const { instance, service, spec } = view;
  if (instance === null || service === null) return wait('the service is not on the ledger yet');
  if (spec === null) return wait('the run spec has not arrived from another agent yet', view.nowMs + 2000);
  const lost = beginsAnew(view) ? undefined : lossOf(view, instance);
  if (lost !== undefined && service.state !== 'none') return wait(`${lost}; an operator must recover it`);
  const image = imageOf(view, instance, service);
  const isPulled = view.imagesHeld.has(image.configDigest);
  if (!isPulled) return act({ name: 'pull', migrationId, reference: image });
  return act({ name: 'create', migrationId, image: image.configDigest });
}

/** What tells that it has lived before, here or elsewhere; undefined: it has not. */
function lossOf({ facts }: LaneView, { epoch }: InstanceRecord): string | undefined {
  if (facts.born || epoch > 1) return 'the container with the state is gone';
  // The journal is another one than when it was created: it cannot tell a beginning from a loss.
  return facts.expectedAtEpoch === epoch
    ? undefined
    : 'there is no container, and the journal does not know of its beginning';
}

const idsOf = ({ migrationId, containerId }: ContainerObservation): { migrationId: string; containerId: string } => ({
  migrationId,
  containerId,
});

/** The image that the ledger names: the service's own, or the one that the last migration brought. */
function imageOf(view: LaneView, { configDigest }: InstanceRecord, { image }: ServiceRecord): PullReference {
  const arrived = view.facts.migrations.flatMap((m) => (m.image?.configDigest === configDigest ? [m.image] : []));
  const { repository, manifestDigest } = image;
  return arrived[0] ?? { repository, manifestDigest, configDigest: image.configDigest };
}

function planLeftovers(view: LaneView, current: ContainerObservation): Plan | undefined {
  const leftover = view.containers.find((c) => c.containerId !== current.containerId);
  if (leftover === undefined) return undefined;
  return act({ name: 'remove-container', ...idsOf(leftover) });
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

function planIntent(view: LaneView, { containerId }: ContainerObservation): Plan | undefined {
  const pending = view.facts.migrations.flatMap(({ intent, closed }) => (intent === null || closed ? [] : [intent]));
  const [intent] = pending;
  if (intent === undefined) return undefined;
  return act({ name: 'propose', migrationId: intent.migrationId, intent, containerId });
}
