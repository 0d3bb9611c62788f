import type { AgentConfig } from '../config/schema';
import type { Clock } from '../ports/clock';
import type { Ledger } from '../ports/ledger';
import type { Log } from '../ports/log';

/** Who connects: PEM. */
export interface LedgerIdentity {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/**
 * Connects to the channel by the adapter that the configuration chooses; only that one's SDK is loaded.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID for a connection profile or an identity that cannot be used
 */
export async function connectLedger(
  { ledger, cluster, confirmation }: Pick<AgentConfig, 'ledger' | 'cluster' | 'confirmation'>,
  identity: LedgerIdentity,
  { log, clock }: { readonly log: Log; readonly clock: Clock },
): Promise<Ledger> {
  const { adapter, connectionProfile, channel, chaincode, asLocalhost } = ledger;
  const { certificatePem, privateKeyPem } = identity;
  const options = {
    ...{ connectionProfile, channel, chaincode, asLocalhost, log, clock },
    ...{ mspId: cluster.mspId, certificatePem, privateKeyPem, confirmationSource: confirmation.source },
  };
  switch (adapter) {
    case 'fabric-network': {
      const { connectFabric } = await import('../adapters/fabric/index.js');
      return connectFabric(options);
    }
    case 'fabric-gateway': {
      const { connectFabricGateway } = await import('../adapters/fabric-gateway/index.js');
      return connectFabricGateway(options);
    }
  }
}
