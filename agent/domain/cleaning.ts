import type { MigrationFacts } from './facts';
import type { LaneView } from './lane-view';
import type { Plan } from './steps';
import { act } from './steps';

/** Removes the images that an ended migration left here, then closes it. */
export function planClosure(view: LaneView, facts: MigrationFacts): Plan {
  const { migrationId } = facts;
  const digests = [facts.committed?.configDigest, facts.image?.configDigest];
  const inUse = view.instance?.ownerNodeId === view.me ? view.instance.configDigest : undefined;
  for (const configDigest of digests) {
    if (configDigest !== undefined && configDigest !== inUse && view.imagesHeld.has(configDigest)) {
      return act({ name: 'remove-image', migrationId, configDigest });
    }
  }
  return act({ name: 'close', migrationId });
}
