import { z } from 'zod';
import { MigrationView, TimelineView } from '../../agent/ports/control';
import { blosm } from '../clusters';
import { waitUntil } from '../processes';
import type { ClusterPlan } from '../sandbox';

const MigrationList = z.object({ items: z.array(MigrationView) });

/** An instance's migrations as the operator of a cluster sees them, the newest first. */
export async function migrationsOf(operator: ClusterPlan, instanceId: string): Promise<MigrationView[]> {
  const listed = MigrationList.parse(JSON.parse(await blosm(operator, ['-o', 'json', 'migration', 'list'])));
  return listed.items.filter((migration) => migration.instanceId === instanceId);
}

/** Waits until one of an instance's migrations is what the act is about. */
export function awaitMigration(
  operator: ClusterPlan,
  instanceId: string,
  what: string,
  isMeant: (migration: MigrationView) => boolean,
  signal: AbortSignal,
): Promise<MigrationView> {
  return waitUntil(async () => (await migrationsOf(operator, instanceId)).find(isMeant), {
    deadlineMs: 180_000,
    what: `${instanceId}: ${what}`,
    signal,
  });
}

export async function timelineOf(operator: ClusterPlan, migrationId: string): Promise<TimelineView> {
  const text = await blosm(operator, ['-o', 'json', 'migration', 'timeline', migrationId]);
  return TimelineView.parse(JSON.parse(text));
}
