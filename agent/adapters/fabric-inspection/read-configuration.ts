import type { ChannelConfiguration } from '../../domain/doctor/channel-facts';
import { parseGoDuration } from '../../domain/doctor/go-duration';
import { protos } from '../fabric-grpc';

const IMPLICIT_META: number = protos.common.Policy.PolicyType.IMPLICIT_META;
const RULES = {
  [protos.common.ImplicitMetaPolicy.Rule.ANY]: 'ANY',
  [protos.common.ImplicitMetaPolicy.Rule.ALL]: 'ALL',
};
const NOTHING = new Uint8Array();

/**
 * Reads a block with the channel's configuration.
 * @throws Error of protobufjs for bytes that are none
 */
export function readConfiguration(block: Uint8Array, ownMspId: string): ChannelConfiguration {
  const { orderer, application } = groupsOf(block);
  const organizations = Object.values(application.groups ?? {}).map(readOrganization);
  const timeout = protos.orderer.BatchTimeout.decode(valueOf(orderer, 'BatchTimeout'));
  return {
    batchTimeoutMs: parseGoDuration(timeout.timeout),
    mspIds: organizations.map(({ mspId }) => mspId).sort(),
    endorsement: ruleOf(application),
    ownAuthoritiesPem: organizations.find(({ mspId }) => mspId === ownMspId)?.authoritiesPem ?? [],
  };
}

function groupsOf(block: Uint8Array): Record<'orderer' | 'application', protos.common.IConfigGroup> {
  const [envelope = NOTHING] = protos.common.Block.decode(block).data?.data ?? [];
  const { data } = protos.common.Payload.decode(protos.common.Envelope.decode(envelope).payload);
  const groups = protos.common.ConfigEnvelope.decode(data).config?.channel_group?.groups ?? {};
  return { orderer: groups['Orderer'] ?? {}, application: groups['Application'] ?? {} };
}

const valueOf = ({ values }: protos.common.IConfigGroup, name: string): Uint8Array => values?.[name]?.value ?? NOTHING;

function readOrganization(group: protos.common.IConfigGroup): { mspId: string; authoritiesPem: string[] } {
  const { config } = protos.msp.MSPConfig.decode(valueOf(group, 'MSP'));
  const { name, root_certs, intermediate_certs } = protos.msp.FabricMSPConfig.decode(config);
  return {
    mspId: name,
    authoritiesPem: [...root_certs, ...intermediate_certs].map((pem) => Buffer.from(pem).toString()),
  };
}

function ruleOf({ policies }: protos.common.IConfigGroup): ChannelConfiguration['endorsement'] {
  const policy = policies?.['Endorsement']?.policy;
  if (policy?.type !== IMPLICIT_META) return null;
  const { rule } = protos.common.ImplicitMetaPolicy.decode(policy.value ?? NOTHING);
  return (RULES as Record<number, 'ANY' | 'ALL' | undefined>)[rule] ?? 'MAJORITY';
}
