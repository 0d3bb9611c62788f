import { runCommand, tryCommand } from '../../processes';
import { BRIDGE, SUBNET_BITS, type HostPlan } from '../plan';
import type { Inventory } from '../state/inventory';
import { interfaceExists, ipSucceeds, namespaceExists, runBatch } from './interfaces';
import { shapingLines } from './shaping';

/** The host's end of its link, inside its namespace. */
const HOST_DEVICE = 'eth0';

/** Makes a host: its namespace, its link to the bridge, its address, its link's rate. What exists is kept. */
export async function ensureHost(host: HostPlan, inventory: Inventory, signal?: AbortSignal): Promise<void> {
  inventory.record({ kind: 'namespace', name: host.namespace });
  if (!namespaceExists(host.namespace)) await runCommand(['ip', 'netns', 'add', host.namespace], { signal });
  inventory.record({ kind: 'link', name: host.link });
  await ensureLink(host, signal);
  await runBatch('ip', [`link set ${host.link} master ${BRIDGE} up`], { signal });
  const inside = [
    'link set lo up',
    `addr replace ${host.address}/${SUBNET_BITS} dev ${HOST_DEVICE}`,
    `link set ${HOST_DEVICE} up`,
  ];
  await runBatch('ip', inside, { namespace: host.namespace, signal });
  if (host.rateMbit !== undefined) await shapeLink(host, host.rateMbit, signal);
}

/** A pair of which one end is missing is half made: it is made anew. */
async function ensureLink(host: HostPlan, signal: AbortSignal | undefined): Promise<void> {
  const outside = interfaceExists(host.link);
  if (outside && (await ipSucceeds(['-n', host.namespace, 'link', 'show', HOST_DEVICE]))) return;
  if (outside) await runCommand(['ip', 'link', 'del', host.link], { signal });
  const ends = `link add ${host.link} type veth peer name ${HOST_DEVICE} netns ${host.namespace}`;
  await runBatch('ip', [ends], { signal });
}

/**
 * Sets the rate of a host's link in both directions, at once and for connections that are open.
 * @param rateMbit megabits per second
 */
export async function shapeLink(host: HostPlan, rateMbit: number, signal?: AbortSignal): Promise<void> {
  await tryCommand(['tc', 'qdisc', 'del', 'dev', host.link, 'root'], { signal });
  await tryCommand(['tc', '-n', host.namespace, 'qdisc', 'del', 'dev', HOST_DEVICE, 'root'], { signal });
  await runBatch('tc', shapingLines(host.link, rateMbit, 'bridge'), { signal });
  await runBatch('tc', shapingLines(HOST_DEVICE, rateMbit, 'host'), { namespace: host.namespace, signal });
}

/** Cuts a host off from everything, the machine itself included. Open connections hang, as with a pulled cable. */
export async function cutLink(host: HostPlan): Promise<void> {
  await runCommand(['ip', 'link', 'set', host.link, 'down']);
}

/** Undoes {@link cutLink}. */
export async function mendLink(host: HostPlan): Promise<void> {
  await runCommand(['ip', 'link', 'set', host.link, 'up']);
}
