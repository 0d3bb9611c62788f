import type { MigrationFacts } from './facts';
import type { LaneView } from './lane-view';
import type { Plan } from './steps';
import { act } from './steps';
import { finalTrouble } from './trouble';

/**
 * Removes the images that this and earlier migrations of the instance left here, then closes it. An image that cannot
 * be removed (another instance runs it) keeps no migration open.
 */
export function planClosure(view: LaneView, facts: MigrationFacts): Plan {
  const { migrationId } = facts;
  const configDigest = finalTrouble(view, 'remove-image') === undefined ? leftImage(view) : undefined;
  return act(
    configDigest === undefined ? { name: 'close', migrationId } : { name: 'remove-image', migrationId, configDigest },
  );
}

/** An image that a migration of this instance made here or brought here, and that nothing of it needs any more. */
function leftImage(view: LaneView): string | undefined {
  const { instance, service } = view;
  const own = instance?.ownerNodeId === view.me ? instance.configDigest : undefined;
  const needed = new Set([own, service?.image.configDigest, ...view.containers.map((c) => c.configDigest)]);
  return view.facts.migrations
    .flatMap((m) => [m.committed?.configDigest, m.image?.configDigest])
    .find((digest) => digest !== undefined && !needed.has(digest) && view.imagesHeld.has(digest));
}
