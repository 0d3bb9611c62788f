import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ClusterNode } from '../nodes/peer';
import { peerAsAdmin } from '../peer-cli';
import type { Deployment, FabricState } from '../state';

/** One organisation with an altered chaincode can write nothing: f + 1 of all have to come to the same result. */
export function endorsementPolicy(state: Pick<FabricState, 'endorsementFaults' | 'clusters'>): string {
  const peers = state.clusters.map(({ mspId }) => `'${mspId}.peer'`);
  return `OutOf(${state.endorsementFaults + 1},${peers.join(',')})`;
}

/**
 * The definition's version names its content: what runs and whose endorsement it takes. A change that was cut off
 * between its commit and its being written down is recognised by it.
 */
export function definitionVersion(
  state: Pick<FabricState, 'endorsementFaults' | 'clusters'>,
  { label }: Pick<Deployment, 'label'>,
): string {
  const policy = createHash('sha256').update(endorsementPolicy(state)).digest('hex').slice(0, 8);
  return `${label.slice(label.lastIndexOf('_') + 1)}-${policy}`;
}

/** The flags of a definition, the same for its approval and its commit. */
export function definitionFlags(state: FabricState, deployment: Deployment): string[] {
  return [
    ...['--channelID', state.channel, '--name', state.chaincode],
    ...['--version', definitionVersion(state, deployment), '--sequence', String(deployment.sequence)],
    ...['--signature-policy', endorsementPolicy(state)],
  ];
}

const Committed = z.object({
  sequence: z.int(),
  version: z.string(),
  /** By MSP id: who has approved it. */
  approvals: z.record(z.string(), z.boolean()),
});
export type Committed = z.output<typeof Committed>;

/** The chaincode's definition as a cluster's peer has it; undefined when there is none yet. */
export async function readCommitted(
  state: FabricState,
  node: ClusterNode,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<Committed | undefined> {
  const args = ['lifecycle', 'chaincode', 'querycommitted', '-C', state.channel, '-n', state.chaincode, '-O', 'json'];
  try {
    const { stdout } = await peerAsAdmin(state, node, args, { signal });
    return Committed.parse(JSON.parse(stdout));
  } catch (failure) {
    if (failure instanceof Error && /namespace \S+ is not defined/.test(failure.message)) return undefined;
    throw failure;
  }
}
