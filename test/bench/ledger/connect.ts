import { readFileSync } from 'node:fs';
import { systemClock } from '../../../agent/adapters/clock';
import { connectFabric } from '../../../agent/adapters/fabric';
import { createLog } from '../../../agent/adapters/log';
import type { ConfirmationSource } from '../../../agent/domain/quorum';
import type { Ledger } from '../../../agent/ports/ledger';
import { clusterFabricFiles, type FabricState } from '../../../network/fabric';

/** A cluster's agent's connection to the channel. */
export function connectAgent(
  state: FabricState,
  cluster: string,
  confirmationSource: ConfirmationSource = 'records',
): Promise<Ledger> {
  const { connectionProfile, mspId, agentCertificate, agentKey } = clusterFabricFiles(state, cluster);
  return connectFabric({
    connectionProfile,
    mspId,
    channel: state.channel,
    chaincode: state.chaincode,
    certificatePem: readFileSync(agentCertificate, 'utf8'),
    privateKeyPem: readFileSync(agentKey, 'utf8'),
    asLocalhost: false,
    confirmationSource,
    log: createLog({ level: 'error' }),
    clock: systemClock,
  });
}
