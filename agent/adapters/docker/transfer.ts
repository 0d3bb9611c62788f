import { BlosmError } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type { ImageObservation, PushedImage, TransferProgress } from '../../ports/engine';
import { assertConfigDigests, type EngineContext } from './context';
import { withDeadline } from './deadline';
import { truncated } from './failure';
import { observationOf, readImage } from './images';
import { LayerProgress } from './layer-progress';
import { readMessages, type StreamMessage, type StreamReading } from './message-stream';
import { ociPlatform, runsOn } from './platform';
import { parseReference } from './reference';
import type { WireInfo } from './wire';

const TRANSFER_MS = 30 * 60_000;
const IDLE_MS = 60_000;

type OnProgress = (progress: TransferProgress) => void;

/**
 * Pushes what a tag names; `BLOSM_E_NOT_FOUND` without such an image.
 * @param reference `host:port/path:tag`
 */
export function pushImage(
  context: EngineContext,
  reference: string,
  onProgress: OnProgress,
  options?: CallOptions,
): Promise<PushedImage> {
  const name = parseReference(reference);
  const reading = { what: `push ${reference}`, stage: 'push', idleMs: context.options.transferIdleMs ?? IDLE_MS };
  return withDeadline({ ...reading, defaultTimeoutMs: TRANSFER_MS }, options, async (signal) => {
    assertConfigDigests(await context.info(signal));
    const image = await readImage(context, reference, signal);
    if (image === undefined) throw absent(reading.what, reference);
    const stream = await context.api.stream({
      method: 'POST',
      path: `/images/${name.repository}/push`,
      query: { tag: name.tag === '' ? 'latest' : name.tag },
      auth: context.options.registry.auth ?? null,
      ...reading,
      signal,
    });
    let manifestDigest = '';
    const layers = await readTransfer(stream, { ...reading, signal }, onProgress, (message) => {
      manifestDigest = message.aux?.Digest ?? manifestDigest;
    });
    if (manifestDigest === '') throw truncated(reading.what, 'push');
    const sentBytes = await sentBytesOf(context, { repository: name.path, manifestDigest }, image, layers, signal);
    return { manifestDigest, sentBytes };
  });
}

/**
 * Pulls by digest (or by tag, when a service is registered and nothing is agreed yet). The engine compares every blob
 * with its digest; whether the config is the one that the ledger agreed on is the caller's question.
 * @param reference `host:port/path@sha256:...` or `host:port/path:tag`
 */
export function pullImage(
  context: EngineContext,
  reference: string,
  onProgress: OnProgress,
  options?: CallOptions,
): Promise<ImageObservation> {
  const name = parseReference(reference);
  const reading = { what: `pull ${reference}`, stage: 'pull', idleMs: context.options.transferIdleMs ?? IDLE_MS };
  return withDeadline({ ...reading, defaultTimeoutMs: TRANSFER_MS }, options, async (signal) => {
    if (name.digest === '' && name.tag === '') {
      throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', `${reading.what}: name the digest or a tag`, { stage: 'pull' });
    }
    const info = await context.info(signal);
    assertConfigDigests(info);
    const stream = await context.api.stream({
      method: 'POST',
      path: '/images/create',
      query: { fromImage: name.repository, tag: name.digest === '' ? name.tag : name.digest },
      auth: context.options.registry.auth ?? null,
      ...reading,
      signal,
    });
    const answer = { isComplete: false };
    await readTransfer(stream, { ...reading, signal }, onProgress, (message) => {
      answer.isComplete ||= message.status?.startsWith('Status: ') === true;
    });
    if (!answer.isComplete) throw truncated(reading.what, 'pull');
    return pulledImage(context, reference, info, signal);
  });
}

async function pulledImage(
  context: EngineContext,
  reference: string,
  info: WireInfo,
  signal: AbortSignal,
): Promise<ImageObservation> {
  const image = await readImage(context, reference, signal);
  if (image === undefined) throw absent(`pull ${reference}`, reference);
  const observation = observationOf(image);
  // For an image of one platform the engine only warns, and then fails at the start.
  if (runsOn(observation.platform, ociPlatform(info.OSType, info.Architecture))) return observation;
  const { os, architecture } = observation.platform;
  const message = `pull ${reference}: the image is for ${os}/${architecture}, the engine runs ${info.Architecture}`;
  throw new BlosmError('BLOSM_E_UNSUPPORTED', message, { stage: 'pull' });
}

async function readTransfer(
  stream: Parameters<typeof readMessages>[0],
  reading: StreamReading,
  onProgress: OnProgress,
  onMessage: (message: StreamMessage) => void,
): Promise<LayerProgress> {
  const layers = new LayerProgress();
  await readMessages(stream, reading, (message) => {
    if (layers.note(message)) onProgress(layers.progress());
    onMessage(message);
  });
  return layers;
}

/** Engines count bytes before compression; the registry knows what a layer weighs on the network. */
async function sentBytesOf(
  { options }: EngineContext,
  pushed: { readonly repository: string; readonly manifestDigest: string },
  image: { readonly RootFS: { readonly Layers?: readonly string[] | null } },
  layers: LayerProgress,
  signal: AbortSignal,
): Promise<number> {
  const moved = layers.movedLayers();
  if (moved.length === 0) return 0;
  const sizes = await options.layerSizes?.(pushed.repository, pushed.manifestDigest, signal).catch((cause: unknown) => {
    options.log?.warn(
      { ...pushed, cause: String(cause) },
      'The registry does not tell the sizes of the layers pushed.',
    );
    return undefined;
  });
  if (sizes === undefined) return layers.progress().bytesDone;
  const wasMoved = (diffId: string): boolean => moved.includes(diffId.slice('sha256:'.length, 'sha256:'.length + 12));
  const diffIds = image.RootFS.Layers ?? [];
  return diffIds.reduce((sum, diffId, index) => sum + (wasMoved(diffId) ? (sizes[index] ?? 0) : 0), 0);
}

function absent(what: string, reference: string): BlosmError {
  const stage = what.startsWith('push') ? 'push' : 'pull';
  return new BlosmError('BLOSM_E_NOT_FOUND', `${what}: the engine has no image ${reference}`, { stage });
}
