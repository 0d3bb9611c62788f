import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BlosmError } from '../../../chaincode/src/model';
import { runCommand } from '../../processes';
import { requirePrograms } from '../binaries';
import { changeConfig } from '../channel/change-config';
import { majorityOf, OrganizationGroup, withOrganization } from '../channel/config-edit';
import { organizationYaml } from '../channel/configtx';
import { awaitCaughtUp, ensureJoined } from '../channel/membership';
import { writeConnectionProfiles } from '../connection-profile';
import { awaitDiscovery } from '../discovery';
import { fabricLayout, type Organization } from '../layout';
import { rollOut } from '../lifecycle/roll-out';
import { fabricEnvironment } from '../nodes/node-config';
import { clusterNodes, peerNodeProcess, type ClusterNode } from '../nodes/peer';
import { startNode } from '../nodes/start';
import { ensureClusterCertificates } from '../pki/certificates';
import { nextLocalHost, type ClusterHost } from '../placement';
import { requireNothingElse, requireRunning } from '../running';
import { writeShellEnvironments } from '../shell-environment';
import { requireFabricState, writeFabricState, type FabricState, type Unfinished } from '../state';
import { requireOpenMembership, withMember } from './membership';

/** How a change of the running network is watched and stopped. */
export interface ChangeOptions {
  readonly stateFolder: string;
  /** Called with a line for people before each step that takes time. */
  readonly onStep?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** What a change of the members did. */
export interface MemberOutcome {
  readonly state: FabricState;
  /** False when it was so already. */
  readonly changed: boolean;
}

export interface AddOrganizationOptions extends ChangeOptions {
  readonly member: Organization;
  /** Where its peer and its chaincode process run; the next ports of 127.0.0.1 when left out. */
  readonly host?: ClusterHost;
}

type Adding = Extract<Unfinished, { kind: 'add' }>;

/**
 * Adds an organisation to a running network: certificates, the channel's configuration (signed by a majority of the
 * admins), its peer, the chaincode with it in the endorsement policy. Everything else keeps running. Repeating it
 * completes it, wherever it was cut off.
 * @throws BlosmError BLOSM_E_CONFLICT (name or MSP id taken, another change begun), BLOSM_E_LEDGER_UNREACHABLE,
 * BLOSM_E_UNSUPPORTED (a sandbox), BLOSM_E_COMMAND_FAILED
 */
export async function fabricAddOrganization(options: AddOrganizationOptions): Promise<MemberOutcome> {
  const state = requireFabricState(options.stateFolder);
  requireOpenMembership(state);
  requireNothingElse(state, 'add');
  const unfinished = addingOf(state, options);
  if (unfinished === undefined) return { state, changed: false };
  requirePrograms(state.binaries, ['configtxlator']);
  await requireRunning(state, 'add-org');
  const begun = { ...state, unfinished };
  writeFabricState(begun);
  return { state: await finishAdding(begun, unfinished, options), changed: true };
}

/** What is to be added; undefined when it is a member already. */
function addingOf(state: FabricState, { member, host }: AddOrganizationOptions): Adding | undefined {
  const isSame = (other: Organization): boolean => other.name === member.name && other.mspId === member.mspId;
  if (state.unfinished?.kind === 'add') return sameAdding(state.unfinished, isSame);
  if (state.clusters.some(isSame)) return undefined;
  const taken = state.clusters.find(({ name, mspId }) => name === member.name || mspId === member.mspId);
  if (taken === undefined) return { kind: 'add', member, host: host ?? nextLocalHost(state.placement, member.name) };
  throw new BlosmError('BLOSM_E_CONFLICT', `${taken.name} (${taken.mspId}) is a member already`, {
    stage: 'add-org',
    hint: 'Choose another name and another MSP id.',
  });
}

function sameAdding(begun: Adding, isSame: (other: Organization) => boolean): Adding {
  if (isSame(begun.member)) return begun;
  const { name, mspId } = begun.member;
  throw new BlosmError('BLOSM_E_CONFLICT', `the addition of ${name} (${mspId}) was cut off`, {
    stage: 'add-org',
    hint: `Run next: blosm network add-org ${name} --msp-id ${mspId}, or blosm network remove-org ${name}`,
  });
}

/** Takes an addition that has begun to its end. */
export async function finishAdding(
  state: FabricState,
  { member, host }: Adding,
  { onStep = () => undefined, signal }: Omit<ChangeOptions, 'stateFolder'>,
): Promise<FabricState> {
  const node = { ...member, host };
  const joined = withMember(state, member, host);
  await ensureClusterCertificates(joined, node);
  onStep(`${member.mspId} in the configuration of channel ${state.channel}`);
  await putInConfig(state, node, signal);
  onStep(`peer of ${member.name}`);
  await startNode(peerNodeProcess(joined, node), host, { signal });
  await ensureJoined(joined, node, { signal });
  await awaitCaughtUp(joined, node, { signal });
  const { deployment } = state;
  onStep(`chaincode ${state.chaincode}, endorsed by ${joined.clusters.length} organisations`);
  const redeployed = deployment && (await rollOut({ state: joined, content: deployment }, { signal }));
  const done = { ...joined, deployment: redeployed, unfinished: null };
  writeConnectionProfiles(done);
  writeShellEnvironments(done);
  writeFabricState(done);
  if (redeployed !== null) await awaitDiscovery(done, { signal });
  return done;
}

async function putInConfig(state: FabricState, node: ClusterNode, signal: AbortSignal | undefined): Promise<void> {
  const [first, ...others] = majorityOf(clusterNodes(state));
  if (first === undefined) return;
  const group = await organizationGroup(state, node, signal);
  const anchor = { host: node.host.address, port: node.host.ports.peer };
  await changeConfig(
    state,
    { signers: [first, ...others], edit: (config) => withOrganization(config, node.mspId, group, anchor) },
    { signal },
  );
}

/** The organisation as configtxgen writes it for a channel's configuration. */
async function organizationGroup(
  state: FabricState,
  node: ClusterNode,
  signal: AbortSignal | undefined,
): Promise<OrganizationGroup> {
  const folder = join(fabricLayout(state.folder).channelFolder, node.name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'configtx.yaml'), organizationYaml(state, node));
  const program = join(state.binaries.binFolder, 'configtxgen');
  const { stdout } = await runCommand([program, '-configPath', folder, '-printOrg', node.mspId], {
    env: fabricEnvironment(folder),
    signal,
  });
  return OrganizationGroup.parse(JSON.parse(stdout));
}
