import type { ServiceRecord } from '../../../chaincode/src/model';
import type { ContainerOwner } from '../../domain/container';
import type { AgentContext } from '../context';
import { deadlineAfter } from '../deadline';
import type { Lane } from '../lane';
import type { ExecutorParts, StepScene } from './index';

/**
 * Waits until the requests that its container answers have ended, at most the drain's time. WebSockets, which would not
 * by themselves, are closed: their devices connect again and wait for the next container.
 */
export async function endRequests({ clock, settings }: AgentContext, lane: Lane, signal: AbortSignal): Promise<void> {
  lane.inFlight.askToLeave();
  const deadline = deadlineAfter(clock, settings.drainMs, signal);
  await lane.inFlight.empty(deadline.signal).finally(() => deadline.end());
}

/**
 * Does to the container what ends requests. To a shared one only as its last user, after the own requests have ended;
 * else nothing is done, and the next look shows whose it is.
 */
export async function alone(
  { context, shared }: ExecutorParts,
  { lane, signal }: StepScene,
  work: () => Promise<void>,
): Promise<{ kept: true } | undefined> {
  const serviceId = shared.serviceOf(lane.instanceId);
  if (serviceId === undefined) {
    await work();
    return undefined;
  }
  await endRequests(context, lane, signal);
  return (await shared.whenUnused(serviceId, lane.instanceId, work)) ? undefined : { kept: true };
}

/** To whom a new container belongs, and its name: the same again finds it. A shared one belongs to no instance. */
export function ownerAndName(
  nodeId: string,
  { serviceId, tenancy }: ServiceRecord,
  instanceId: string,
  migrationId: string,
): ContainerOwner & { readonly name: string } {
  if (tenancy === 'shared') {
    return { nodeId, serviceId, instanceId: '', migrationId: '', name: `blosm-shared-${nodeId}-${serviceId}` };
  }
  const name = migrationId === '' ? `blosm-${instanceId}` : `blosm-${instanceId}-${migrationId}`;
  return { nodeId, serviceId, instanceId, migrationId, name };
}
