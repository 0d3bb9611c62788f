import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BlosmError } from '../../../chaincode/src/model';
import { stopProcess } from '../../processes';
import { requirePrograms } from '../binaries';
import { changeConfig } from '../channel/change-config';
import { majorityOf, withoutOrganization } from '../channel/config-edit';
import { writeConnectionProfiles } from '../connection-profile';
import { chaincodeProcess, fabricLayout, peerProcess, type Organization } from '../layout';
import { rollOut } from '../lifecycle/roll-out';
import { clusterNodes } from '../nodes/peer';
import { requireNothingElse, requireRunning } from '../running';
import { writeShellEnvironments } from '../shell-environment';
import { requireFabricState, writeFabricState, type FabricState, type Unfinished } from '../state';
import type { ChangeOptions, MemberOutcome } from './add';
import { requireOpenMembership, withMember, withoutMember } from './membership';

export interface RemoveOrganizationOptions extends ChangeOptions {
  /** The cluster's name. */
  readonly name: string;
  /** Also removes its certificates, its ledger and its logs. */
  readonly purge?: boolean;
}

type Removing = Extract<Unfinished, { kind: 'remove' }>;

/**
 * Removes an organisation from a running network: from the chaincode's endorsement policy, then from the channel's
 * configuration; then its processes end. Its own peer need not run. Repeating it completes it, wherever it was cut off.
 * @throws BlosmError BLOSM_E_NOT_FOUND, BLOSM_E_CONFLICT (too few would be left, or another change has begun),
 * BLOSM_E_LEDGER_UNREACHABLE, BLOSM_E_COMMAND_FAILED
 */
export async function fabricRemoveOrganization(options: RemoveOrganizationOptions): Promise<MemberOutcome> {
  const { name, purge = false } = options;
  const state = withHalfAdded(requireFabricState(options.stateFolder), name);
  requireOpenMembership(state);
  requireNothingElse(state, 'remove');
  const member = memberToRemove(state, name);
  if (member === undefined) return { state, changed: false };
  requireEnough(withoutMember(state, member), name);
  requirePrograms(state.binaries, ['configtxlator']);
  await requireRunning(state, 'remove-org', name);
  const unfinished = { kind: 'remove', member, purge } as const;
  const begun = { ...state, unfinished };
  writeFabricState(begun);
  return { state: await finishRemoving(begun, unfinished, options), changed: true };
}

/** What was being added may be a member of the channel already: it goes like one. */
function withHalfAdded(state: FabricState, name: string): FabricState {
  const { unfinished } = state;
  if (unfinished?.kind !== 'add' || unfinished.member.name !== name) return state;
  return { ...withMember(state, unfinished.member, unfinished.host), unfinished: null };
}

/** @throws BlosmError when there never was one of this name, or another removal has begun */
function memberToRemove(state: FabricState, name: string): Organization | undefined {
  const begun = state.unfinished?.kind === 'remove' ? state.unfinished.member : undefined;
  if (begun?.name === name) return begun;
  if (begun !== undefined) {
    throw new BlosmError('BLOSM_E_CONFLICT', `the removal of ${begun.name} was cut off`, {
      stage: 'remove-org',
      hint: `Run next: blosm network remove-org ${begun.name}`,
    });
  }
  const member = state.clusters.find((cluster) => cluster.name === name);
  if (member !== undefined) return member;
  if (state.membership.removed.some((gone) => gone.name === name)) return undefined;
  throw new BlosmError('BLOSM_E_NOT_FOUND', `no cluster of this network is named ${name}`, {
    stage: 'remove-org',
    hint: `It has ${state.clusters.map((cluster) => cluster.name).join(', ')}.`,
  });
}

function requireEnough({ clusters, endorsementFaults }: FabricState, name: string): void {
  const needed = endorsementFaults + 1;
  if (clusters.length >= needed) return;
  const left = clusters.length === 0 ? 'none' : `only ${clusters.length}`;
  throw new BlosmError(
    'BLOSM_E_CONFLICT',
    `without ${name} ${left} would be left, and every transaction needs the endorsement of ${needed}`,
    { stage: 'remove-org', hint: 'Add another organisation first: blosm network add-org' },
  );
}

/** Takes a removal that has begun to its end. */
export async function finishRemoving(
  state: FabricState,
  { member, purge }: Removing,
  { onStep = () => undefined, signal }: Omit<ChangeOptions, 'stateFolder'>,
): Promise<FabricState> {
  const left = withoutMember(state, member);
  const staying = clusterNodes(left);
  const all = [...staying, ...clusterNodes(state).filter(({ name }) => name === member.name)];
  const { deployment } = state;
  onStep(`chaincode ${state.chaincode}, endorsed by ${staying.length} organisations`);
  const approvers = isMajority(staying, all) ? staying : all;
  const redeployed = deployment && (await rollOut({ state: left, content: deployment, approvers }, { signal }));
  onStep(`${member.mspId} out of the configuration of channel ${state.channel}`);
  const [first, ...others] = majorityOf(all);
  if (first === undefined) return state;
  await changeConfig(
    state,
    { signers: [first, ...others], edit: (config) => withoutOrganization(config, member.mspId) },
    { signal },
  );
  await stopProcesses(state, member);
  if (purge) removeFiles(state, member);
  const done = { ...left, deployment: redeployed, unfinished: null };
  writeConnectionProfiles(done);
  writeShellEnvironments(done);
  writeFabricState(done);
  return done;
}

/** Of two, both have to consent. */
export function isMajority(some: readonly unknown[], all: readonly unknown[]): boolean {
  return some.length > all.length / 2;
}

const processesOf = ({ name }: Organization): string[] => [
  peerProcess(name),
  chaincodeProcess(name, { place: 0 }),
  chaincodeProcess(name, { place: 1 }),
];

async function stopProcesses(state: FabricState, member: Organization): Promise<void> {
  const { node } = fabricLayout(state.folder);
  await Promise.all(processesOf(member).map((name) => stopProcess(node(name).stateFile)));
}

function removeFiles(state: FabricState, member: Organization): void {
  const layout = fabricLayout(state.folder);
  const packages = readdirSync(layout.chaincodeFolder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.startsWith(`${member.name}-${state.chaincode}_`))
    .map((entry) => join(layout.chaincodeFolder, entry.name));
  const nodes = processesOf(member).flatMap((name) => [dirname(layout.node(name).data), layout.node(name).log]);
  for (const path of [layout.organization(member).folder, ...nodes, ...packages]) {
    rmSync(path, { recursive: true, force: true });
  }
}
