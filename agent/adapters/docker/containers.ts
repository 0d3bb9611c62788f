import { BlosmError } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';
import type { ContainerOrder } from '../../ports/engine';
import { containerConfig } from './container-config';
import { assertConfigDigests, type EngineContext } from './context';
import { withDeadline } from './deadline';
import { readImage } from './images';
import { isSameOwner, ownerOf } from './labels';
import type { WireContainer } from './wire';

const CREATE_MS = 60_000;
const START_MS = 60_000;
const REMOVE_MS = 120_000;
/** What a stop may take beyond the grace. */
const KILL_MS = 30_000;

const short = (id: string): string => id.slice(0, 12);

/** The engine's own description of a container; undefined: there is none. */
export function readContainer(
  { api }: EngineContext,
  idOrName: string,
  signal: AbortSignal,
  withSizes = false,
): Promise<WireContainer | undefined> {
  return api.callUnless<WireContainer>([404], {
    method: 'GET',
    path: `/containers/${idOrName}/json`,
    query: { size: withSizes },
    what: `inspect container ${short(idOrName)}`,
    stage: 'container',
    signal,
  });
}

/** @throws BlosmError BLOSM_E_NOT_FOUND */
export async function needContainer(
  context: EngineContext,
  containerId: string,
  signal: AbortSignal,
  withSizes = false,
): Promise<WireContainer> {
  const container = await readContainer(context, containerId, signal, withSizes);
  if (container !== undefined) return container;
  throw new BlosmError('BLOSM_E_NOT_FOUND', `the engine has no container ${short(containerId)}`, {
    stage: 'container',
  });
}

/**
 * @throws BlosmError BLOSM_E_CONFLICT when another owner's container has the name, BLOSM_E_NOT_FOUND without the image
 */
export function createContainer(context: EngineContext, order: ContainerOrder, options?: CallOptions): Promise<string> {
  const what = `create container ${order.name}`;
  return withDeadline({ what, stage: 'create', defaultTimeoutMs: CREATE_MS }, options, async (signal) => {
    const info = await context.info(signal);
    assertConfigDigests(info);
    const image = await readImage(context, order.image, signal);
    if (image === undefined) {
      throw new BlosmError('BLOSM_E_NOT_FOUND', `${what}: the engine has no image ${order.image}`, { stage: 'create' });
    }
    const created = await context.api.callUnless<{ Id: string; Warnings?: string[] | null }>([409], {
      method: 'POST',
      path: '/containers/create',
      query: { name: order.name },
      body: containerConfig(order, info, image, context.options.network),
      what,
      stage: 'create',
      signal,
    });
    if (created === undefined) return existing(context, order, signal);
    for (const warning of created.Warnings ?? []) context.options.log?.warn({ container: order.name }, warning);
    return created.Id;
  });
}

async function existing(context: EngineContext, order: ContainerOrder, signal: AbortSignal): Promise<string> {
  const container = await readContainer(context, order.name, signal);
  if (container !== undefined && isSameOwner(ownerOf(container.Config.Labels), order)) return container.Id;
  const message = `create container ${order.name}: another container has this name`;
  throw new BlosmError('BLOSM_E_CONFLICT', message, {
    stage: 'create',
    hint: `Look at it with docker inspect ${order.name}, and remove it if nobody needs it.`,
  });
}

export function startContainer({ api }: EngineContext, containerId: string, options?: CallOptions): Promise<void> {
  const what = `start container ${short(containerId)}`;
  return withDeadline({ what, stage: 'start', defaultTimeoutMs: START_MS }, options, async (signal) => {
    await api.callUnless([304], {
      method: 'POST',
      path: `/containers/${containerId}/start`,
      what,
      stage: 'start',
      signal,
    });
  });
}

export function stopContainer(
  context: EngineContext,
  containerId: string,
  graceSeconds: number,
  options?: CallOptions,
): Promise<void> {
  const what = `stop container ${short(containerId)}`;
  const defaultTimeoutMs = graceSeconds * 1000 + KILL_MS;
  return withDeadline({ what, stage: 'stop', defaultTimeoutMs }, options, async (signal) => {
    const path = `/containers/${containerId}`;
    const call = { method: 'POST', what, stage: 'stop', signal } as const;
    const policy = (await needContainer(context, containerId, signal)).HostConfig.RestartPolicy?.Name ?? '';
    if (policy !== '' && policy !== 'no') {
      await context.api.call({ ...call, path: `${path}/update`, body: { RestartPolicy: { Name: 'no' } } });
    }
    await context.api.callUnless([304], { ...call, path: `${path}/stop`, query: { t: graceSeconds } });
  });
}

/** Removes a container with its anonymous volumes, running or not; one that is gone counts as removed. */
export function removeContainer({ api }: EngineContext, containerId: string, options?: CallOptions): Promise<void> {
  const what = `remove container ${short(containerId)}`;
  return withDeadline({ what, stage: 'remove', defaultTimeoutMs: REMOVE_MS }, options, async (signal) => {
    const query = { v: true, force: true };
    await api.callUnless([404], {
      method: 'DELETE',
      path: `/containers/${containerId}`,
      query,
      what,
      stage: 'remove',
      signal,
    });
  });
}
