import { BlosmError } from '../../../chaincode/src/model';
import type { Organization } from '../layout';
import type { ClusterHost } from '../placement';
import type { FabricState } from '../state';

/** @throws BlosmError BLOSM_E_UNSUPPORTED for a channel whose policies name its members one by one */
export function requireOpenMembership({ channel, memberRule }: Pick<FabricState, 'channel' | 'memberRule'>): void {
  if (memberRule === 'each') return;
  throw new BlosmError(
    'BLOSM_E_UNSUPPORTED',
    `the policies of channel ${channel} list its members: nobody joins or leaves`,
    { stage: 'members', hint: 'Bring a network up whose channel takes the word of each organisation (the default).' },
  );
}

const others = (members: readonly Organization[], { name }: Organization): Organization[] =>
  members.filter((member) => member.name !== name);

/** The network with one organisation more; what came back is no longer among those that went. */
export function withMember(state: FabricState, member: Organization, host: ClusterHost): FabricState {
  const { added, removed } = state.membership;
  const cameBack = removed.some(({ name }) => name === member.name);
  return {
    ...state,
    clusters: [...others(state.clusters, member), member],
    placement: {
      ...state.placement,
      clusters: [...state.placement.clusters.filter(({ name }) => name !== member.name), host],
    },
    anchored: [...new Set([...state.anchored, member.mspId])],
    membership: {
      added: cameBack ? added : [...others(added, member), member],
      removed: others(removed, member),
    },
  };
}

/** The network without an organisation. */
export function withoutMember(state: FabricState, member: Organization): FabricState {
  const { added, removed } = state.membership;
  const isFounder =
    state.clusters.some(({ name }) => name === member.name) && !added.some(({ name }) => name === member.name);
  return {
    ...state,
    clusters: others(state.clusters, member),
    placement: {
      ...state.placement,
      clusters: state.placement.clusters.filter(({ name }) => name !== member.name),
    },
    anchored: state.anchored.filter((mspId) => mspId !== member.mspId),
    membership: {
      added: others(added, member),
      removed: isFounder ? [...others(removed, member), member] : removed,
    },
  };
}

/**
 * True when a topology's clusters are those of the network, but for what came and went by add-org and remove-org: a
 * file that knows of none, of some or of all of these changes is still this network's file.
 */
export function isTopologyOf(
  state: Pick<FabricState, 'clusters' | 'membership'>,
  wanted: readonly Organization[],
): boolean {
  const { added, removed } = state.membership;
  const key = ({ name, mspId }: Organization): string => `${name}\0${mspId}`;
  const named = new Set(wanted.map(key));
  const possible = new Set([...state.clusters, ...removed].map(key));
  const optional = new Set(added.map(key));
  const needed = state.clusters.map(key).filter((member) => !optional.has(member));
  return needed.every((member) => named.has(member)) && [...named].every((member) => possible.has(member));
}
