import type { StatusView } from '../ports/control';
import type { AnswerSchema } from './api-client';
import { flag, listOf, number, object, orNull, text } from './looks-like';

const resources = object({ memoryBytes: number, cpuMillis: number, gpuMillis: number, diskBytes: number });

/** All of a status that is shown to people. */
const looksLikeStatus = object({
  ...{ nodeId: text, name: text, version: text, startedAtMs: number, nowMs: number, ready: flag },
  dependencies: listOf(object({ name: text, state: text, detail: text, sinceMs: number })),
  ...{ ledgerHeight: orNull(number), nodes: orNull(number), instancesOwned: number },
  capacity: orNull(object({ total: resources, remaining: resources })),
  openMigrations: listOf(
    object({
      ...{ migrationId: text, instanceId: text, serviceId: text, sourceName: text, destinationName: orNull(text) },
      ...{ epoch: number, strategy: text, trigger: text, state: text, waitsFor: orNull(text) },
      ...{ proposedAtMs: number, deadlineMs: number, completedAtMs: orNull(number) },
      abort: orNull(object({ stage: text, reason: text, atMs: number })),
    }),
  ),
  lastError: orNull(object({ code: text, message: text, atMs: number })),
});

/**
 * The status without the schemas: they take longer to load than the whole rest of `blosm status`. They are loaded where
 * an answer looks wrong, to say what is wrong with it.
 */
export const StatusAnswer: AnswerSchema<StatusView> = {
  safeParse: async (value) => {
    if (looksLikeStatus(value)) return { success: true, data: value as StatusView };
    const control = await import('../ports/control/index.js');
    return control.StatusView.safeParse(value);
  },
};
