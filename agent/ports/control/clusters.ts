import { z } from 'zod';
import { NodeFields } from '../../../chaincode/src/model';
import type { CallOptions } from '../call';

export const ClusterView = z.object({
  ...NodeFields.omit({ agentCertificatePem: true }).shape,
  /** True for the cluster whose agent answers. */
  isSelf: z.boolean(),
});
export type ClusterView = z.infer<typeof ClusterView>;

export interface ClusterControl {
  list(options?: CallOptions): Promise<ClusterView[]>;
  /**
   * This cluster takes nothing new (true), or does again (false); what it owns it keeps.
   * @throws BlosmError BLOSM_E_WRONG_STATE when it is to end while the cluster is being drained
   */
  cordon(cordoned: boolean, options?: CallOptions): Promise<ClusterView>;
  /** This cluster's node leaves the channel's members: BLOSM_E_OWNS_INSTANCES while it owns something. */
  leave(options?: CallOptions): Promise<ClusterView>;
}
