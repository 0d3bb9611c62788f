import type { RunSpec, ServiceRecord } from '../../../chaincode/src/model';
import { BlosmError } from '../../../chaincode/src/model';
import type { LaneView } from '../../domain/lane-view';
import { orNull } from '../ledger-cache';
import type { ExecutorParts, Executors } from './index';
import { alone, endRequests, ownerAndName } from './tenancy';
import { waitUntilHealthy } from './warm';

type EngineSteps = Pick<
  Executors,
  | 'drain'
  | 'stop'
  | 'commit'
  | 'push'
  | 'pull'
  | 'create'
  | 'start'
  | 'warm'
  | 'remove-container'
  | 'remove-image'
  | 'close'
>;

/** Default grace before a kill where the run spec is not at hand, in seconds: Docker's own default. */
const DEFAULT_GRACE_SECONDS = 10;

/** Where an instance's committed image goes in the private registry. */
export const instanceRepository = (instanceId: string): string => `blosm/instances/${instanceId}`;

export function engineExecutors(parts: ExecutorParts): EngineSteps {
  const { context, journal, promises } = parts;
  const { engine, settings, log, clock } = context;
  const registry = settings.registryAddress;
  const graceOf = (view: LaneView): number => view.spec?.stopGraceSeconds ?? DEFAULT_GRACE_SECONDS;
  return {
    drain: async ({ migrationId }, { lane, signal }) => {
      await endRequests(context, lane, signal);
      const left = lane.inFlight.size;
      const ids = { instanceId: lane.instanceId, migrationId };
      if (left > 0) log.warn({ ...ids, left }, 'requests did not end in time; they are cut by the stop');
      return { left };
    },
    stop: (step, scene) =>
      alone(parts, scene, async () => {
        const { view, lane, signal } = scene;
        await engine.stopContainer(step.containerId, graceOf(view), { signal });
        lane.markHealthy(step.containerId, false);
      }),
    commit: async ({ migrationId, containerId }, { lane, signal }) => {
      const reference = `${registry}/${instanceRepository(lane.instanceId)}:${migrationId}`;
      const image = await engine.commitContainer(containerId, reference, { signal });
      return { reference, configDigest: image.configDigest };
    },
    push: async ({ reference, configDigest }, { lane, signal }) => {
      const pushed = await engine.pushImage(reference, () => undefined, { signal });
      const { manifestDigest, sentBytes } = pushed;
      return { repository: instanceRepository(lane.instanceId), manifestDigest, configDigest, sentBytes };
    },
    pull: async ({ reference }, { signal }) => {
      const { repository, manifestDigest, configDigest } = reference;
      const image = await engine.pullImage(`${registry}/${repository}@${manifestDigest}`, () => undefined, { signal });
      if (image.configDigest === configDigest) return { configDigest, sizeBytes: image.sizeBytes };
      throw new BlosmError(
        'BLOSM_E_IMAGE_MISMATCH',
        `pulled ${repository}: its config is ${image.configDigest}, agreed was ${configDigest}`,
        { stage: 'pull' },
      );
    },
    create: async ({ migrationId, image }, { view, lane, signal }) => {
      const { service, spec } = runnable(view);
      const containerId = await engine.createContainer(
        {
          ...ownerAndName(view.me, service, lane.instanceId, migrationId),
          image,
          spec,
          promised: service.need,
          gpuRuntime: service.gpuRuntime,
        },
        { signal },
      );
      promises.endCreation(lane.instanceId);
      return { containerId, epoch: view.instance?.epoch ?? 0 };
    },
    start: async ({ containerId }, { lane, signal }) => {
      // A claimed instance may find a stopped copy here: that container counts for itself from now on.
      promises.endCreation(lane.instanceId);
      lane.markHealthy(containerId, false);
      await engine.startContainer(containerId, { signal });
    },
    warm: async ({ containerId }, { view, lane, signal }) => {
      await waitUntilHealthy(context, containerId, runnable(view).spec, signal);
      // It may have found a container that others use: that one is counted for itself.
      promises.endCreation(lane.instanceId);
      lane.markHealthy(containerId, true);
    },
    'remove-container': (step, scene) =>
      alone(parts, scene, async () => {
        const { view, lane, signal } = scene;
        lane.markHealthy(step.containerId, false);
        await orNull(engine.stopContainer(step.containerId, graceOf(view), { signal }));
        await engine.removeContainer(step.containerId, { signal });
      }),
    'remove-image': async ({ configDigest }, { signal }) => engine.removeImage(configDigest, { signal }),
    close: async ({ migrationId }, { lane }) => {
      promises.release(migrationId);
      await journal.appendFact(lane.instanceId, migrationId, 'closed', { atMs: clock.nowMs() });
    },
  };
}

function runnable(view: LaneView): { service: ServiceRecord; spec: RunSpec } {
  const { service, spec } = view;
  if (service !== null && spec !== null) return { service, spec };
  throw new BlosmError('BLOSM_E_NOT_FOUND', 'the service or its run spec is not known here yet', { stage: 'create' });
}
