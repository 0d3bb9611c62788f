import { resolve } from 'node:path';
import type { FabricStatus } from '../../../network/fabric';
import type { Topology } from '../../../network/topology';
import type { ExitCode } from '../exit-codes';
import { note, type Cli } from '../io';
import { print } from '../output/print';
import { facts, table } from '../output/table';
import { requireYes } from '../require-yes';
import type { Invocation } from './handler';

export interface StateOptions {
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
  { options }: Invocation<TopologyOptions & { basePort: number }>,
): Promise<ExitCode> {
  const topology = await chosenTopology(cli, options.topology);
  const { fabricUp, localPlacement } = await import('../../../network/fabric/index.js');
  const placement = localPlacement(topology, options.basePort);
  const { started } = await fabricUp({
    topology,
    placement,
    ...target(cli, options),
    onStep: (line) => note(cli, line),
  });
  note(cli, started.length === 0 ? 'everything ran already' : `started ${started.join(', ')}`);
  return networkStatus(cli, { args: [], options });
}

/** `blosm network status` */
export async function networkStatus(cli: Cli, { options }: Invocation<StateOptions>): Promise<ExitCode> {
  const { fabricStatus } = await import('../../../network/fabric/index.js');
  const status = await fabricStatus(target(cli, options));
  await print(cli, { kind: 'NetworkStatus', fields: status, text: () => statusText(status) });
  return status.healthy ? 0 : 6;
}

/** `blosm network deploy` */
export async function networkDeploy(cli: Cli, { options }: Invocation<StateOptions>): Promise<undefined> {
  const { fabricDeploy } = await import('../../../network/fabric/index.js');
  const { deployment, changed } = await fabricDeploy(target(cli, options));
  await print(cli, {
    kind: 'ChaincodeDeployment',
    fields: { ...deployment, changed },
    text: () =>
      `chaincode ${deployment.label} at sequence ${deployment.sequence}${changed ? '' : ', as it was: nothing had changed'}\n`,
  });
}

/** `blosm network down`: what is stopped can be brought up again with all its blocks. */
export async function networkDown(cli: Cli, { options }: Invocation<StateOptions>): Promise<undefined> {
  const { fabricDown } = await import('../../../network/fabric/index.js');
  await printStopped(cli, await fabricDown(target(cli, options)));
}

/** `blosm network reset`: takes everything down and deletes it. */
export async function networkReset(cli: Cli, { options }: Invocation<StateOptions>): Promise<undefined> {
  requireYes(cli, 'deletes the ledger, the identities and the logs of this network');
  const { fabricDown, fabricReset } = await import('../../../network/fabric/index.js');
  const { stateFolder, signal } = target(cli, options);
  const stopped = await fabricDown({ stateFolder, signal });
  await fabricReset({ stateFolder, signal });
  await printStopped(cli, stopped);
}

const target = ({ io }: Cli, { state }: StateOptions): { stateFolder: string; signal: AbortSignal } => ({
  stateFolder: resolve(io.cwd, state),
  signal: io.signal,
});

async function printStopped(cli: Cli, stopped: readonly string[]): Promise<void> {
  await print(cli, {
    kind: 'NetworkStopped',
    fields: { stopped },
    text: () => (stopped.length === 0 ? 'nothing was running\n' : `stopped ${stopped.join(', ')}\n`),
  });
}

function statusText({ channel, fabricVersion, chaincode, components }: FabricStatus): string {
  return [
    facts([
      ['channel', channel],
      ['Fabric', fabricVersion],
      ['chaincode', chaincode === null ? 'not deployed' : `${chaincode.label}, sequence ${chaincode.sequence}`],
    ]),
    table(
      ['COMPONENT', 'KIND', 'HEALTHY', 'PID', 'HEIGHT', 'ADDRESS', 'VERSION'],
      components.map(({ name, kind, healthy, pid, height, address, version }) => [
        name,
        kind,
        healthy ? 'yes' : 'NO',
        String(pid ?? '-'),
        String(height ?? '-'),
        address,
        version,
      ]),
    ),
  ].join('\n');
}
