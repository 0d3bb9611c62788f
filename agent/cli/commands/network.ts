import { resolve } from 'node:path';
import { BlosmError } from '../../../chaincode/src/model/errors';
import type { DeployOutcome, FabricDeployOptions } from '../../../network/fabric';
import type { Topology } from '../../../network/topology';
import { tellIntent, type DryRunOptions } from '../dry-run';
import type { ExitCode } from '../exit-codes';
import { note, type Cli } from '../io';
import {
  addIntent,
  chaincodeIntent,
  downIntent,
  programsIntent,
  removeIntent,
  resetIntent,
  upIntent,
  type Found,
} from '../network-intents';
import { print } from '../output/print';
import { requireYes } from '../require-yes';
import { networkText } from '../views/network';
import type { Invocation } from './handler';

export interface StateOptions extends DryRunOptions {
  readonly state: string;
}
export interface TopologyOptions extends StateOptions {
  readonly topology?: string;
}

const DEFAULT_TOPOLOGY = 'network/profiles/three-clusters.yaml';

/** The topology that the user named, or the one of three clusters that comes with BloSM. */
export async function chosenTopology(cli: Cli, named: string | undefined): Promise<Topology> {
  const [{ loadTopology }, { packageRoot }] = await Promise.all([
    import('../../../network/topology.js'),
    import('../../../network/package-root.js'),
  ]);
  return loadTopology(named === undefined ? resolve(packageRoot(), DEFAULT_TOPOLOGY) : resolve(cli.io.cwd, named));
}

/** `blosm network up` */
export async function networkUp(
  cli: Cli,
  { options }: Invocation<TopologyOptions & { basePort?: number }>,
): Promise<ExitCode> {
  const topology = await chosenTopology(cli, options.topology);
  if (options.dryRun === true) return tellIntent(cli, upIntent(await findNetwork(cli, options), topology));
  const { fabricUp, localPlacement } = await import('../../../network/fabric/index.js');
  const { basePort } = options;
  const { started } = await fabricUp({
    topology,
    ...(basePort === undefined ? {} : { placement: localPlacement(topology, basePort) }),
    ...target(cli, options),
    onStep: steps(cli),
  });
  note(cli, started.length === 0 ? 'everything ran already' : `started ${started.join(', ')}`);
  return networkStatus(cli, { args: [], options });
}

/** `blosm network status` */
export async function networkStatus(cli: Cli, { options }: Invocation<StateOptions>): Promise<ExitCode> {
  const { fabricStatus } = await import('../../../network/fabric/index.js');
  const status = await fabricStatus(target(cli, options));
  await print(cli, {
    kind: 'NetworkStatus',
    fields: status,
    text: () => networkText(status),
    wide: () => networkText(status, true),
    names: () => status.components.map(({ name }) => name),
  });
  return status.healthy ? 0 : 6;
}

/** `blosm network deploy` */
export async function networkDeploy(cli: Cli, { options }: Invocation<ChaincodeOptions>): Promise<ExitCode> {
  if (options.dryRun === true) return tellChaincode(cli, 'network deploy', options);
  const { fabricDeploy } = await import('../../../network/fabric/index.js');
  await printDeployment(cli, await fabricDeploy(chaincodeTarget(cli, options)));
  return 0;
}

async function tellChaincode(
  cli: Cli,
  command: 'network deploy' | 'network upgrade',
  options: ChaincodeOptions,
): Promise<ExitCode> {
  const { chaincodeSha256, chaincodeSource } = await import('../../../network/fabric/index.js');
  const sha256 = chaincodeSha256(chaincodeSource(chaincodeTarget(cli, options).chaincodeFolder));
  return tellIntent(cli, chaincodeIntent(command, await findNetwork(cli, options), sha256));
}

/** `blosm network upgrade`: the chaincode, or the programs of the nodes. */
export async function networkUpgrade(
  cli: Cli,
  { options }: Invocation<ChaincodeOptions & { programs?: boolean }>,
): Promise<ExitCode | undefined> {
  if (options.dryRun === true)
    return options.programs === true ? tellPrograms(cli, options) : tellUpgrade(cli, options);
  const { fabricUpgrade, fabricUpgradePrograms } = await import('../../../network/fabric/index.js');
  if (options.programs !== true) {
    await printDeployment(cli, await fabricUpgrade(chaincodeTarget(cli, options)));
    return undefined;
  }
  const { from, to, restarted } = await fabricUpgradePrograms({ ...target(cli, options), onStep: steps(cli) });
  note(cli, restarted.length === 0 ? `everything runs on ${to} already` : `Fabric ${from} -> ${to}`);
  return networkStatus(cli, { args: [], options });
}

const tellUpgrade = (cli: Cli, options: ChaincodeOptions): Promise<ExitCode> =>
  tellChaincode(cli, 'network upgrade', options);

async function tellPrograms(cli: Cli, options: StateOptions): Promise<ExitCode> {
  const { findBinaries } = await import('../../../network/fabric/index.js');
  const { version } = await findBinaries(cli.io.signal);
  return tellIntent(cli, programsIntent(await findNetwork(cli, options), version));
}

/** `blosm network add-org` */
export async function networkAddOrg(
  cli: Cli,
  { args: [name = ''], options }: Invocation<TopologyOptions & { mspId?: string }>,
): Promise<ExitCode> {
  const [{ fabricAddOrganization, clusterFabricFiles }, { parseMember }] = await Promise.all([
    import('../../../network/fabric/index.js'),
    import('../../../network/topology.js'),
  ]);
  const member = parseMember({ name, mspId: options.mspId ?? (await mspIdOf(cli, name, options)) });
  if (options.dryRun === true) return tellIntent(cli, addIntent(await findNetwork(cli, options), member));
  const { state, changed } = await fabricAddOrganization({ ...target(cli, options), member, onStep: steps(cli) });
  const files = clusterFabricFiles(state, name);
  note(
    cli,
    changed
      ? `${member.mspId} is a member; its agent needs ${files.connectionProfile}, ${files.agentCertificate} and ${files.agentKey}`
      : `${member.mspId} was a member already`,
  );
  return networkStatus(cli, { args: [], options });
}

/** `blosm network remove-org` */
export async function networkRemoveOrg(
  cli: Cli,
  { args: [name = ''], options }: Invocation<StateOptions & { purge?: boolean }>,
): Promise<ExitCode> {
  const purge = options.purge === true;
  if (options.dryRun === true) return tellIntent(cli, removeIntent(await findNetwork(cli, options), name, purge));
  if (purge) requireYes(cli, `deletes the certificates, the ledger and the logs of ${name}`);
  const { fabricRemoveOrganization } = await import('../../../network/fabric/index.js');
  const change = { ...target(cli, options), name, purge, onStep: steps(cli) };
  const { changed } = await fabricRemoveOrganization(change);
  note(cli, changed ? `${name} is no longer a member` : `${name} was no member any more`);
  return networkStatus(cli, { args: [], options });
}

/** As the topology says when one was named, else made from the name, as `blosm init` does. */
async function mspIdOf(cli: Cli, name: string, { topology }: TopologyOptions): Promise<string> {
  if (topology === undefined) return `${name.charAt(0).toUpperCase()}${name.slice(1)}MSP`;
  const found = (await chosenTopology(cli, topology)).clusters.find((cluster) => cluster.name === name);
  if (found !== undefined) return found.mspId;
  throw new BlosmError('BLOSM_E_NOT_FOUND', `${topology} has no cluster named ${name}`, { stage: 'add-org' });
}

interface ChaincodeOptions extends StateOptions {
  readonly chaincode?: string;
}

const steps =
  (cli: Cli): ((line: string) => void) =>
  (line) =>
    note(cli, line);

function chaincodeTarget(cli: Cli, options: ChaincodeOptions): FabricDeployOptions {
  const { chaincode } = options;
  return {
    ...target(cli, options),
    ...(chaincode === undefined ? {} : { chaincodeFolder: resolve(cli.io.cwd, chaincode) }),
  };
}

async function printDeployment(cli: Cli, { deployment, changed }: DeployOutcome): Promise<void> {
  const { sequence, label, contentSha256 } = deployment;
  await print(cli, {
    kind: 'ChaincodeDeployment',
    fields: { sequence, label, contentSha256, changed },
    names: () => [label],
    text: () => `chaincode ${label} at sequence ${sequence}${changed ? '' : ', as it was: nothing had changed'}\n`,
  });
}

/** `blosm network down`: what is stopped can be brought up again with all its blocks. */
export async function networkDown(cli: Cli, { options }: Invocation<StateOptions>): Promise<ExitCode> {
  if (options.dryRun === true) return tellIntent(cli, downIntent(await findNetwork(cli, options)));
  const { fabricDown } = await import('../../../network/fabric/index.js');
  return printStopped(cli, await fabricDown(target(cli, options)));
}

/** `blosm network reset`: takes everything down and deletes it. */
export async function networkReset(cli: Cli, { options }: Invocation<StateOptions>): Promise<ExitCode> {
  if (options.dryRun === true) return tellIntent(cli, resetIntent(await findNetwork(cli, options)));
  requireYes(cli, 'deletes the ledger, the identities and the logs of this network');
  const { fabricDown, fabricReset } = await import('../../../network/fabric/index.js');
  const { stateFolder, signal } = target(cli, options);
  const stopped = await fabricDown({ stateFolder, signal });
  await fabricReset({ stateFolder, signal });
  return printStopped(cli, stopped);
}

/** The network in the state folder, for what only looks. */
async function findNetwork(cli: Cli, options: StateOptions): Promise<Found> {
  const { fabricStatus, readFabricState } = await import('../../../network/fabric/index.js');
  const { stateFolder, signal } = target(cli, options);
  const state = readFabricState(stateFolder);
  return state === undefined ? null : { state, status: await fabricStatus({ stateFolder, signal }) };
}

const target = ({ io }: Cli, { state }: StateOptions): { stateFolder: string; signal: AbortSignal } => ({
  stateFolder: resolve(io.cwd, state),
  signal: io.signal,
});

async function printStopped(cli: Cli, stopped: readonly string[]): Promise<ExitCode> {
  await print(cli, {
    kind: 'NetworkStopped',
    fields: { stopped },
    names: () => stopped,
    text: () => (stopped.length === 0 ? 'nothing was running\n' : `stopped ${stopped.join(', ')}\n`),
  });
  return 0;
}
