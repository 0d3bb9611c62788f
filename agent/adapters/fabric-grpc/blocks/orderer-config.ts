import { createHash } from 'node:crypto';
import type { OrdererConfig, OrdererOrganization } from '../../../domain/chain-facts';
import { protos } from '../protos';

const CONFIG: number = protos.common.HeaderType.CONFIG;
const NOTHING = new Uint8Array();

/**
 * What a configuration says of the orderers; null for an envelope that is no configuration.
 * @throws Error of protobufjs for bytes that are no envelope
 */
export function readOrdererConfig(envelope: Uint8Array): OrdererConfig | null {
  const payload = protos.common.Payload.decode(protos.common.Envelope.decode(envelope).payload);
  const { type } = protos.common.ChannelHeader.decode(payload.header?.channel_header ?? NOTHING);
  if (type !== CONFIG) return null;
  const { config } = protos.common.ConfigEnvelope.decode(payload.data);
  return configOf(config?.channel_group?.groups?.['Orderer'] ?? {});
}

function configOf({ groups, values }: protos.common.IConfigGroup): OrdererConfig {
  const organizations = Object.values(groups ?? {}).map(organizationOf);
  return { organizations, ...consensusOf(values?.['ConsensusType']?.value ?? NOTHING) };
}

function organizationOf({ values }: protos.common.IConfigGroup): OrdererOrganization {
  const { config } = protos.msp.MSPConfig.decode(values?.['MSP']?.value ?? NOTHING);
  const { name, root_certs, intermediate_certs } = protos.msp.FabricMSPConfig.decode(config);
  return { mspId: name, rootsPem: root_certs.map(textOf), intermediatesPem: intermediate_certs.map(textOf) };
}

function consensusOf(value: Uint8Array): Pick<OrdererConfig, 'consensusType' | 'consenters'> {
  const { type, metadata } = protos.orderer.ConsensusType.decode(value);
  if (type !== 'etcdraft') return { consensusType: type, consenters: [] };
  const { consenters } = protos.etcdraft.ConfigMetadata.decode(metadata);
  const encoded = consenters.map((each) => protos.etcdraft.Consenter.encode(each).finish());
  return {
    consensusType: type,
    consenters: encoded.map((bytes) => createHash('sha256').update(bytes).digest('hex')).sort(),
  };
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
