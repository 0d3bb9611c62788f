import { ReloadingLedger } from '../adapters/identity';
import type { FileIdentity } from '../adapters/identity';
import type { AgentConfig } from '../config/schema';
import type { Clock } from '../ports/clock';
import type { Ledger } from '../ports/ledger';
import type { Log } from '../ports/log';

/** What of the configuration says how to reach the channel. */
export interface LedgerConfig extends Pick<AgentConfig, 'ledger' | 'confirmation'> {
  readonly cluster: Pick<AgentConfig['cluster'], 'mspId'>;
}

/** Who connects: PEM. */
export interface LedgerIdentity {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export interface LedgerParts {
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * Connects to the channel as the agent, anew whenever its identity is renewed.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID for a connection profile or an identity that cannot be used
 */
export async function openLedger(config: LedgerConfig, identity: FileIdentity, parts: LedgerParts): Promise<Ledger> {
  const ledger = new ReloadingLedger(await connectLedger(config, identity, parts), parts.clock);
  identity.onRenewal(async (pair) => ledger.replace(await connectLedger(config, pair, parts)));
  return ledger;
}

/**
 * Connects to the channel by the adapter that the configuration chooses; only that one's SDK is loaded.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID for a connection profile or an identity that cannot be used
 */
export async function connectLedger(
  { ledger, cluster, confirmation }: LedgerConfig,
  { certificatePem, privateKeyPem }: LedgerIdentity,
  { log, clock }: LedgerParts,
): Promise<Ledger> {
  const { adapter, connectionProfile, channel, chaincode, asLocalhost } = ledger;
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
