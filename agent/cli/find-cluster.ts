import { BlosmError } from '../../chaincode/src/model/errors';
import { ClusterView, listOf } from '../ports/control';
import type { ControlClient } from './api-client';

/**
 * A cluster by its name or its node id; undefined: the one whose agent answers.
 * @throws BlosmError BLOSM_E_NOT_FOUND, and the codes of the request
 */
export async function findCluster(client: ControlClient, named?: string): Promise<ClusterView> {
  const { items } = await client.get('/v1/clusters', listOf(ClusterView));
  const found = items.find(({ name, nodeId, isSelf }) =>
    named === undefined ? isSelf : name === named || nodeId === named,
  );
  if (found !== undefined) return found;
  throw new BlosmError(
    'BLOSM_E_NOT_FOUND',
    named === undefined ? 'this cluster is not on the ledger' : `no cluster has the name or the node id ${named}`,
    {
      stage: 'query',
      hint: named === undefined ? 'Register it with blosm cluster register.' : 'blosm cluster list shows all of them.',
    },
  );
}
