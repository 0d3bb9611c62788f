import { stringify } from 'yaml';
import { hasChannelParticipation } from '../binaries';
import { fabricLayout, ORDERER_ORGANIZATION, type Organization } from '../layout';
import type { FabricState } from '../state';
import { join } from 'node:path';

/** Profiles of the configtx.yaml below. */
export const PROFILES = { channel: 'Channel', system: 'System', channelCreation: 'ChannelCreation' } as const;

/** Blocks are cut by time, not by number: a lone transaction waits for the batch timeout. */
const MAX_MESSAGES_PER_BLOCK = 100;
const CONSORTIUM = 'Clusters';
/**
 * Ten to twenty ticks after its start a consenter that hears of no leader elects one. Fabric's tick of 500 ms is for
 * consenters far apart; the single one has nobody to wait for, and until then nothing is ordered.
 */
const TICK_INTERVAL = '100ms';
/** So many are `few` anchors: one that is up is enough. */
const FEW_ANCHORS = 3;

/**
 * The input of configtxgen: one orderer (etcdraft with a single consenter, the paper's proof-of-authority validator)
 * and one organisation per cluster, a majority of which decides about the chaincode and the channel.
 */
export function configtxYaml(state: FabricState): string {
  const orderer = ordererSection(state);
  const organizations = state.clusters.map((cluster) => clusterOrganization(state, cluster));
  const application = {
    Policies: {
      ...memberPolicies(),
      ...(state.memberRule === 'listed' ? listedMembers(state) : {}),
      LifecycleEndorsement: implicit('MAJORITY Endorsement'),
      Endorsement: implicit('MAJORITY Endorsement'),
    },
    Capabilities: { V2_0: true },
    Organizations: organizations,
  };
  const channel = { Policies: memberPolicies(), Capabilities: { V2_0: true } };
  const profiles = hasChannelParticipation(state.binaries)
    ? { [PROFILES.channel]: { ...channel, Orderer: orderer, Application: application } }
    : {
        [PROFILES.system]: {
          ...channel,
          Orderer: orderer,
          Consortiums: { [CONSORTIUM]: { Organizations: organizations } },
        },
        [PROFILES.channelCreation]: { ...channel, Consortium: CONSORTIUM, Application: application },
      };
  return stringify({ Profiles: profiles }, { aliasDuplicateObjects: false });
}

/** The input of `configtxgen -printOrg`: an organisation that is to join a running channel. */
export function organizationYaml(state: Pick<FabricState, 'folder'>, organization: Organization): string {
  const { msp } = fabricLayout(state.folder).organization(organization);
  return stringify({ Organizations: [organizationSection(organization, msp)] });
}

function ordererSection(state: FabricState): object {
  const { address, ports } = state.placement.orderer;
  const files = fabricLayout(state.folder).organization(ORDERER_ORGANIZATION);
  const certificate = join(files.node.tls, 'server.crt');
  return {
    OrdererType: 'etcdraft',
    Addresses: [`${address}:${ports.orderer}`],
    EtcdRaft: {
      Consenters: [{ Host: address, Port: ports.orderer, ClientTLSCert: certificate, ServerTLSCert: certificate }],
      Options: { TickInterval: TICK_INTERVAL },
    },
    BatchTimeout: `${state.batchTimeoutMs}ms`,
    BatchSize: { MaxMessageCount: MAX_MESSAGES_PER_BLOCK, AbsoluteMaxBytes: '10 MB', PreferredMaxBytes: '2 MB' },
    Organizations: [
      { ...organizationSection(ORDERER_ORGANIZATION, files.msp), OrdererEndpoints: [`${address}:${ports.orderer}`] },
    ],
    Policies: { ...memberPolicies(), BlockValidation: implicit('ANY Writers') },
    Capabilities: { V2_0: true },
  };
}

function clusterOrganization(state: FabricState, cluster: Organization): object {
  const host = state.placement.clusters.find(({ name }) => name === cluster.name);
  const isAnchor = host !== undefined && hasAnchor(state, cluster);
  return {
    ...organizationSection(cluster, fabricLayout(state.folder).organization(cluster).msp),
    AnchorPeers: isAnchor ? [{ Host: host.address, Port: host.ports.peer }] : [],
  };
}

/** Whether the organisation's peer is an anchor, see {@link Anchors}. */
export function hasAnchor(
  { anchors, clusters }: Pick<FabricState, 'anchors' | 'clusters'>,
  { name }: Pick<Organization, 'name'>,
): boolean {
  return anchors === 'each' || clusters.slice(0, FEW_ANCHORS).some((cluster) => cluster.name === name);
}

function organizationSection({ mspId }: Organization, mspFolder: string): object {
  const signed = (role: string): object => ({ Type: 'Signature', Rule: `OR('${mspId}.${role}')` });
  return {
    Name: mspId,
    ID: mspId,
    MSPDir: mspFolder,
    Policies: {
      Readers: signed('member'),
      Writers: signed('member'),
      Admins: signed('admin'),
      Endorsement: signed('peer'),
    },
  };
}

function memberPolicies(): object {
  return { Readers: implicit('ANY Readers'), Writers: implicit('ANY Writers'), Admins: implicit('MAJORITY Admins') };
}

/** Instead of "any of all organisations' own policies": the same signatures satisfy it, verified once. */
function listedMembers({ clusters }: FabricState): object {
  const anyMember = { Type: 'Signature', Rule: `OR(${clusters.map(({ mspId }) => `'${mspId}.member'`).join(', ')})` };
  return { Readers: anyMember, Writers: anyMember };
}

function implicit(rule: string): object {
  return { Type: 'ImplicitMeta', Rule: rule };
}
