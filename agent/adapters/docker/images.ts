import { BlosmError } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type { ImageObservation } from '../../ports/engine';
import { assertConfigDigests, type EngineContext } from './context';
import { withDeadline } from './deadline';
import { ociPlatform } from './platform';
import { parseReference } from './reference';
import type { WireImage } from './wire';

const QUICK_MS = 15_000;
const REMOVE_MS = 120_000;
/** How many images are inspected at a time. */
const PARALLEL = 8;

export function observationOf(image: WireImage): ImageObservation {
  return {
    configDigest: image.Id,
    diffIds: image.RootFS.Layers ?? [],
    sizeBytes: image.Size,
    platform: ociPlatform(image.Os, image.Architecture, image.Variant),
  };
}

/** The engine's own description of an image; undefined: it does not hold it. */
export function readImage(
  { api }: EngineContext,
  reference: string,
  signal: AbortSignal,
): Promise<WireImage | undefined> {
  const what = `inspect image ${reference}`;
  return api.callUnless<WireImage>([404], {
    method: 'GET',
    path: `/images/${reference}/json`,
    what,
    stage: 'image',
    signal,
  });
}

export function inspectImage(
  context: EngineContext,
  reference: string,
  options?: CallOptions,
): Promise<ImageObservation | null> {
  const operation = { what: `inspect image ${reference}`, stage: 'image', defaultTimeoutMs: QUICK_MS };
  return withDeadline(operation, options, async (signal) => {
    assertConfigDigests(await context.info(signal));
    const image = await readImage(context, reference, signal);
    return image === undefined ? null : observationOf(image);
  });
}

/** An image never changes under its id, so each is inspected once. */
export function createImageList(context: EngineContext): (options?: CallOptions) => Promise<ImageObservation[]> {
  const known = new Map<string, ImageObservation>();

  const refresh = async (ids: readonly string[], signal: AbortSignal): Promise<void> => {
    for (const id of known.keys()) if (!ids.includes(id)) known.delete(id);
    const unknown = ids.filter((id) => !known.has(id));
    for (let start = 0; start < unknown.length; start += PARALLEL) {
      const images = await Promise.all(
        unknown.slice(start, start + PARALLEL).map((id) => readImage(context, id, signal)),
      );
      for (const image of images) if (image !== undefined) known.set(image.Id, observationOf(image));
    }
  };

  return (options) =>
    withDeadline({ what: 'list images', stage: 'image', defaultTimeoutMs: QUICK_MS }, options, async (signal) => {
      assertConfigDigests(await context.info(signal));
      const call = { method: 'GET', path: '/images/json', what: 'list images', stage: 'image', signal } as const;
      const ids = (await context.api.call<readonly { Id: string }[]>(call)).map((image) => image.Id);
      await refresh(ids, signal);
      return ids.flatMap((id) => known.get(id) ?? []);
    });
}

export function tagImage({ api }: EngineContext, reference: string, tag: string, options?: CallOptions): Promise<void> {
  const what = `tag ${reference} as ${tag}`;
  const name = parseReference(tag);
  return withDeadline({ what, stage: 'image', defaultTimeoutMs: QUICK_MS }, options, async (signal) => {
    const query = { repo: name.repository, tag: name.tag === '' ? 'latest' : name.tag };
    await api.call({ method: 'POST', path: `/images/${reference}/tag`, query, what, stage: 'image', signal });
  });
}

const MANY_NAMES = /referenced in (?:multiple|one or more) repositories/;

/**
 * Removes a name, or by its config digest an image with all its names. One that the engine does not hold counts as
 * removed; one that a container uses stays: BLOSM_E_ENGINE.
 */
export function removeImage(context: EngineContext, reference: string, options?: CallOptions): Promise<void> {
  const what = `remove image ${reference}`;
  const remove = async (name: string, signal: AbortSignal): Promise<void> => {
    const path = `/images/${name}`;
    await context.api.callUnless([404], { method: 'DELETE', path, what, stage: 'image', signal });
  };
  return withDeadline({ what, stage: 'image', defaultTimeoutMs: REMOVE_MS }, options, async (signal) => {
    await remove(reference, signal).catch(async (failure: unknown) => {
      if (!(failure instanceof BlosmError) || !MANY_NAMES.test(failure.message)) throw failure;
      // Forcing it would take the image from stopped containers too, which may still be needed.
      const image = await readImage(context, reference, signal);
      for (const name of [...(image?.RepoTags ?? []), ...(image?.RepoDigests ?? [])]) await remove(name, signal);
    });
  });
}
