import type { InstanceRecord } from '../../../chaincode/src/model';
import { BlosmError, hasCode } from '../../../chaincode/src/model';
import { isRetiring, type RetirementCause } from '../../domain/retirement';
import type { ExecutorParts, Executors, StepScene } from './index';
import { endRequests } from './tenancy';

/** Errors after which the envelope may still be on its way to a block. */
const MAY_STILL_COMMIT = ['BLOSM_E_OUTCOME_UNKNOWN', 'BLOSM_E_TIMEOUT', 'BLOSM_E_CANCELLED'] as const;

/**
 * The end of an instance: first the decision on the disk, with the door shut, then the ledger; the container goes when
 * the ledger has forgotten the instance. A request that comes meanwhile waits, and is told to ask anew.
 */
export function retireExecutor(parts: ExecutorParts): Pick<Executors, 'retire'> {
  const { context, journal } = parts;
  return {
    retire: async ({ cause }, scene) => {
      const { instance } = scene.view;
      if (instance === null) return { removed: true };
      if (isRetiring(scene.view)) {
        if (cause === 'operator') await endRequests(context, scene.lane, scene.signal);
        return submitRemoval(parts, instance, scene.signal);
      }
      if (!(await decide(parts, instance, cause, scene))) return { removed: false };
      try {
        return await submitRemoval(parts, instance, scene.signal);
      } catch (error) {
        if (error instanceof BlosmError && !hasCode(error, ...MAY_STILL_COMMIT)) {
          // Nothing of it is on its way: until the next attempt it serves.
          await journal.appendFact(instance.instanceId, '', 'retain', { reason: error.message });
        }
        throw error;
      }
    },
  };
}

/** False when it has been used since the look. Between the question and the door that shuts nothing can come in. */
async function decide(
  { journal, context }: ExecutorParts,
  { instanceId, epoch }: InstanceRecord,
  cause: RetirementCause,
  { view, lane }: StepScene,
): Promise<boolean> {
  if (!lane.shutWhenIdle(view.idleSinceMs)) return false;
  try {
    await journal.appendFact(instanceId, '', 'retire', { cause, epoch });
  } finally {
    lane.openDoor();
  }
  context.log.info({ instanceId, idleSinceMs: view.idleSinceMs }, 'nobody has asked for it: it is removed');
  return true;
}

async function submitRemoval(
  { context, promises }: ExecutorParts,
  { instanceId, epoch }: InstanceRecord,
  signal: AbortSignal,
): Promise<{ removed: true; transactionId?: string }> {
  try {
    const { transactionId } = await context.ledger.submit('InstanceContract:Remove', [{ instanceId, epoch }], {
      signal,
    });
    promises.endCreation(instanceId);
    return { removed: true, transactionId };
  } catch (error) {
    if (!hasCode(error, 'BLOSM_E_NOT_FOUND')) throw error;
    promises.endCreation(instanceId);
    return { removed: true };
  }
}
