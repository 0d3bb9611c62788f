import { BlosmError, hasCode } from '../../../chaincode/src/model';
import { factsOf } from '../../domain/lane-view';
import type { ExecutorParts, Executors } from './index';

type PeerSteps = Pick<Executors, 'pick' | 'send-image' | 'watch' | 'give-up'>;

/** How often the picked node is asked how far it is; its Prepare record wakes the lane before that. */
const WATCH_INTERVAL_MS = 1000;

export function peerExecutors({ context, journal }: ExecutorParts): PeerSteps {
  const { peers, clock, log } = context;
  return {
    pick: async ({ migrationId, nodeId }, { view, lane, signal }) => {
      const { instance, service, spec, migration } = view;
      if (instance === null || service === null || spec === null || migration === null) {
        throw new BlosmError('BLOSM_E_NOT_FOUND', 'the run spec is not known here', { stage: 'pick' });
      }
      try {
        await peers.pick(
          nodeId,
          {
            migrationId,
            instanceId: lane.instanceId,
            serviceId: service.serviceId,
            epoch: instance.epoch,
            strategy: migration.record.strategy,
            spec,
            gpuRuntime: service.gpuRuntime,
            need: service.need,
          },
          { signal },
        );
      } catch (error) {
        if (hasCode(error, 'BLOSM_E_CANCELLED')) throw error;
        const ids = { instanceId: lane.instanceId, migrationId, nodeId };
        log.warn({ ...ids, error: String(error) }, 'the picked node refused');
        const reason = error instanceof Error ? error.message : String(error);
        await journal.appendFact(lane.instanceId, migrationId, 'pick-refused', { nodeId, reason });
        return { accepted: false };
      }
      await journal.appendFact(lane.instanceId, migrationId, 'picked', { nodeId });
      return { accepted: true };
    },
    'send-image': async ({ migrationId, nodeId }, { view, signal }) => {
      const isShared = view.service?.tenancy === 'shared';
      const pushed = isShared ? view.service.image : factsOf(view, migrationId).pushed;
      if (pushed === null) throw new BlosmError('BLOSM_E_INTERNAL', 'nothing was pushed', { stage: 'send-image' });
      const { repository, manifestDigest, configDigest } = pushed;
      await peers.image(nodeId, { migrationId, repository, manifestDigest, configDigest }, { signal });
    },
    watch: async ({ migrationId, nodeId }, { lane, signal }) => {
      const progress = await peers.progress(nodeId, migrationId, { signal });
      // It was told before it was watched: if it knows nothing, it has lost its memory.
      if (progress.stage === 'failed' || progress.stage === 'unknown') {
        const reason = progress.stage === 'failed' ? progress.detail : 'the picked node knows nothing of it any more';
        const failure = { stage: 'destination', reason };
        await journal.appendFact(lane.instanceId, migrationId, 'failure', failure);
        return;
      }
      await lane.rest(WATCH_INTERVAL_MS, signal);
    },
    'give-up': async ({ migrationId, stage, reason }, { lane }) => {
      const ids = { instanceId: lane.instanceId, migrationId };
      log.warn({ ...ids, stage, reason, atMs: clock.nowMs() }, 'this cluster gives the migration up');
      await journal.appendFact(lane.instanceId, migrationId, 'failure', { stage, reason });
    },
  };
}
