import { BlosmError } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type { ImageObservation } from '../../ports/engine';
import { needContainer } from './containers';
import { assertConfigDigests, type EngineContext } from './context';
import { withDeadline } from './deadline';
import { truncated } from './failure';
import { configArchive, imageConfig } from './image-config';
import { observationOf, readImage } from './images';
import { readMessages } from './message-stream';
import type { WireContainer, WireImage } from './wire';

const COMMIT_MS = 10 * 60_000;
const IDLE_MS = 60_000;

/**
 * Saves a stopped container's file system as an image whose config is that of the image it was made from. The
 * engine's own commit merges the container's environment, command and labels into the config, whatever config it is
 * given; so only its layer is taken, under a config of our own. Repeating it gives the same config digest.
 * @throws BlosmError BLOSM_E_ENGINE while the container runs
 */
export function commitContainer(
  context: EngineContext,
  containerId: string,
  reference: string,
  options?: CallOptions,
): Promise<ImageObservation> {
  const what = `commit container ${containerId.slice(0, 12)}`;
  return withDeadline({ what, stage: 'commit', defaultTimeoutMs: COMMIT_MS }, options, async (signal) => {
    assertConfigDigests(await context.info(signal));
    const container = await needContainer(context, containerId, signal);
    assertStopped(container, what);
    const base = await needImage(context, container.Image, signal);
    const committedId = await commitLayer(context, containerId, signal);
    const layers = (await needImage(context, committedId, signal)).RootFS.Layers ?? [];
    await loadConfig(context, { container, base, layers, reference }, signal);
    await context.api.callUnless([404, 409], {
      method: 'DELETE',
      path: `/images/${committedId}`,
      what,
      stage: 'commit',
      signal,
    });
    return observationOf(await needImage(context, reference, signal));
  });
}

function assertStopped(container: WireContainer, what: string): void {
  if (!container.State.Running) return;
  throw new BlosmError('BLOSM_E_ENGINE', `${what}: it runs, so its files may change meanwhile`, {
    stage: 'commit',
    hint: 'Stop the container first.',
  });
}

async function needImage(context: EngineContext, reference: string, signal: AbortSignal): Promise<WireImage> {
  const image = await readImage(context, reference, signal);
  if (image !== undefined) return image;
  throw new BlosmError('BLOSM_E_NOT_FOUND', `the engine has no image ${reference}`, { stage: 'commit' });
}

async function commitLayer({ api }: EngineContext, containerId: string, signal: AbortSignal): Promise<string> {
  const committed = await api.call<{ Id: string }>({
    method: 'POST',
    path: '/commit',
    query: { container: containerId, pause: false },
    what: `commit container ${containerId.slice(0, 12)}`,
    stage: 'commit',
    signal,
  });
  return committed.Id;
}

interface Commit {
  readonly container: WireContainer;
  readonly base: WireImage;
  /** DiffIDs, bottom first. */
  readonly layers: readonly string[];
  readonly reference: string;
}

/** Loads a config without its layers: the engine finds them by their chain ids, so nothing but the config is sent. */
async function loadConfig(context: EngineContext, commit: Commit, signal: AbortSignal): Promise<void> {
  const what = `load the config of ${commit.reference}`;
  const config = imageConfig(commit.base, commit.layers, commit.container.State.FinishedAt);
  const stream = await context.api.stream({
    method: 'POST',
    path: '/images/load',
    query: { quiet: true },
    archive: await configArchive(config, commit.layers.length, commit.reference),
    what,
    stage: 'commit',
    signal,
  });
  const answer = { isLoaded: false };
  await readMessages(stream, { what, stage: 'commit', idleMs: IDLE_MS, signal }, (message) => {
    answer.isLoaded ||= message.stream?.startsWith('Loaded image') === true;
  });
  if (!answer.isLoaded) throw truncated(what, 'commit');
}
