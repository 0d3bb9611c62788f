import { fabricLayout, ORDERER_ORGANIZATION } from '../layout';
import type { ClusterNode } from '../nodes/peer';
import type { FabricState } from '../state';
import { ensureOrganization } from './organization-files';

/** Makes the certificates of the orderer's organisation, unless they are there. */
export async function ensureOrdererCertificates(state: FabricState): Promise<void> {
  const { orderer } = state.placement;
  await ensureOrganization(fabricLayout(state.folder).organization(ORDERER_ORGANIZATION), {
    organization: ORDERER_ORGANIZATION,
    nodeUnit: 'orderer',
    hosts: [orderer.address, orderer.name],
  });
}

/** Makes the certificates of a cluster's organisation, unless they are there. */
export async function ensureClusterCertificates(state: FabricState, node: ClusterNode): Promise<void> {
  await ensureOrganization(fabricLayout(state.folder).organization(node), {
    organization: node,
    nodeUnit: 'peer',
    hosts: [node.host.address, node.name],
  });
}
