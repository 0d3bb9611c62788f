import { z } from 'zod';

/** A group of a channel's configuration as configtxlator writes it in JSON. */
const Group = z.looseObject({
  groups: z.record(z.string(), z.unknown()).optional(),
  values: z.record(z.string(), z.unknown()).optional(),
});
export const OrganizationGroup = Group;
export type OrganizationGroup = z.output<typeof Group>;

/** A channel's configuration; of it only the organisations' part is known here. */
export const ChannelConfig = z.looseObject({
  channel_group: z.looseObject({
    groups: z.looseObject({ Application: z.looseObject({ groups: z.record(z.string(), z.unknown()) }) }),
  }),
});
export type ChannelConfig = z.output<typeof ChannelConfig>;

/** Where an organisation's peer is reached by the others. */
export interface AnchorPeer {
  readonly host: string;
  readonly port: number;
}

/** MSP ids of the organisations of a channel. */
export const organizationsOf = (config: ChannelConfig): string[] =>
  Object.keys(config.channel_group.groups.Application.groups);

/**
 * The configuration with an organisation; itself when it is a member already.
 * @param group what `configtxgen -printOrg` says of it; its anchor peer is put in
 */
export function withOrganization(
  config: ChannelConfig,
  mspId: string,
  group: OrganizationGroup,
  anchor: AnchorPeer,
): ChannelConfig {
  const members = config.channel_group.groups.Application.groups;
  if (mspId in members) return config;
  const AnchorPeers = { mod_policy: 'Admins', value: { anchor_peers: [anchor] }, version: '0' };
  return withMembers(config, { ...members, [mspId]: { ...group, values: { ...group.values, AnchorPeers } } });
}

/** The configuration without an organisation; itself when it is no member. */
export function withoutOrganization(config: ChannelConfig, mspId: string): ChannelConfig {
  const members = config.channel_group.groups.Application.groups;
  if (!(mspId in members)) return config;
  return withMembers(config, Object.fromEntries(Object.entries(members).filter(([id]) => id !== mspId)));
}

function withMembers(config: ChannelConfig, groups: Readonly<Record<string, unknown>>): ChannelConfig {
  const { channel_group: channel } = config;
  const { Application } = channel.groups;
  return {
    ...config,
    channel_group: {
      ...channel,
      groups: { ...channel.groups, Application: { ...Application, groups: { ...groups } } },
    },
  };
}

/** The envelope around an update, which the admins sign. */
export function updateEnvelope(channel: string, update: unknown): object {
  const CONFIG_UPDATE = 2;
  return {
    payload: {
      header: { channel_header: { channel_id: channel, type: CONFIG_UPDATE } },
      data: { config_update: update },
    },
  };
}

/** As many as a majority of the members: what the policy `MAJORITY Admins` asks for. */
export function majorityOf<T>(members: readonly T[], count = members.length): T[] {
  return members.slice(0, Math.floor(count / 2) + 1);
}
