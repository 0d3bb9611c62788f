import { shapeLink } from '../hosts/host';
import { registryAddress, type ClusterPlan, type SandboxPlan } from '../plan';
import { callEngine } from './api';

/** Fast enough that the machine itself is the limit. */
const UNLIMITED_MBIT = 10_000;
const PULL_TIMEOUT_MS = 600_000;

/** An image in the sandbox's registry. */
export interface ImageInRegistry {
  readonly repository: string;
  readonly manifestDigest: string;
}

/** The reference under which a cluster's engine knows an image of the sandbox's registry. */
export function imageReference(plan: SandboxPlan, image: ImageInRegistry): string {
  return `${registryAddress(plan)}/${image.repository}@${image.manifestDigest}`;
}

/**
 * Pulls an image into a cluster's engine as if the night before: the link's limit is lifted meanwhile.
 * @throws BlosmError BLOSM_E_ENGINE with the engine's words
 */
export async function preloadImage(
  plan: SandboxPlan,
  cluster: ClusterPlan,
  image: ImageInRegistry,
  signal?: AbortSignal,
): Promise<void> {
  await shapeLink(cluster, UNLIMITED_MBIT, signal);
  try {
    await pullImage(plan, cluster, image, signal);
  } finally {
    if (cluster.rateMbit !== undefined) await shapeLink(cluster, cluster.rateMbit);
  }
}

/** Pulls an image over the cluster's link, at its rate. */
export async function pullImage(
  plan: SandboxPlan,
  cluster: ClusterPlan,
  image: ImageInRegistry,
  signal?: AbortSignal,
): Promise<void> {
  const name = encodeURIComponent(`${registryAddress(plan)}/${image.repository}`);
  const path = `/images/create?fromImage=${name}&tag=${image.manifestDigest}`;
  await callEngine(cluster.engine.socket, path, { method: 'POST', timeoutMs: PULL_TIMEOUT_MS, signal });
}
