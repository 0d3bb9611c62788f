import type { CallOptions } from '../../ports/call';
import type { ContainerObservation } from '../../ports/engine';
import { readContainer } from './containers';
import { assertConfigDigests, type EngineContext } from './context';
import { withDeadline } from './deadline';
import { LABEL, ownerOf, portOf, promisedOf } from './labels';
import type { WireListed } from './wire';

const LIST_MS = 15_000;

export function listContainers(
  context: EngineContext,
  nodeId: string,
  options?: CallOptions,
): Promise<ContainerObservation[]> {
  const what = `list containers of ${nodeId}`;
  return withDeadline({ what, stage: 'container', defaultTimeoutMs: LIST_MS }, options, async (signal) => {
    assertConfigDigests(await context.info(signal));
    const listed = await context.api.call<readonly WireListed[]>({
      method: 'GET',
      path: '/containers/json',
      query: { all: true, filters: JSON.stringify({ label: [`${LABEL.node}=${nodeId}`] }) },
      what,
      stage: 'container',
      signal,
    });
    const seen = await Promise.all(listed.map((container) => observe(context, container, signal)));
    return seen.filter((container) => container !== undefined);
  });
}

/** Undefined when it was removed in between. */
async function observe(
  context: EngineContext,
  listed: WireListed,
  signal: AbortSignal,
): Promise<ContainerObservation | undefined> {
  const state = stateOf(listed.State);
  let exitCode = 0;
  if (state === 'exited' || state === 'dead') {
    const container = await readContainer(context, listed.Id, signal);
    if (container === undefined) return undefined;
    exitCode = container.State.ExitCode;
  }
  return {
    ...ownerOf(listed.Labels),
    containerId: listed.Id,
    state,
    exitCode,
    configDigest: listed.ImageID,
    host: state === 'running' || state === 'paused' ? addressOf(listed, context.options.network) : '',
    port: portOf(listed.Labels),
    promised: promisedOf(listed.Labels),
    createdAtMs: listed.Created * 1000,
  };
}

function stateOf(state: string): ContainerObservation['state'] {
  switch (state) {
    case 'created':
    case 'running':
    case 'paused':
    case 'exited':
    case 'dead':
      return state;
    case 'restarting':
      return 'exited';
    default:
      return 'dead';
  }
}

/** A container in the host's network namespace is reached where the agent itself is. */
function addressOf({ HostConfig: host, NetworkSettings: settings }: WireListed, network: string): string {
  if (host?.NetworkMode === 'host') return '127.0.0.1';
  return settings?.Networks?.[network]?.IPAddress ?? '';
}
