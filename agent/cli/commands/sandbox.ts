import { resolve } from 'node:path';
import type { SandboxStatus } from '../../../network/sandbox';
import type { ExitCode } from '../exit-codes';
import { note, type Cli } from '../io';
import { print } from '../output/print';
import { facts, table } from '../output/table';
import type { Invocation } from './handler';
import { chosenTopology, requireYes, type StateOptions, type TopologyOptions } from './network';

/** `blosm sandbox up` */
export async function sandboxUp(cli: Cli, { options }: Invocation<TopologyOptions>): Promise<undefined> {
  const topology = await chosenTopology(cli, options.topology);
  const sandbox = await import('../../../network/sandbox/index.js');
  const stateDir = resolve(cli.io.cwd, options.state);
  await sandbox.sandboxUp({ topology, stateDir, onStep: (step) => note(cli, step), signal: cli.io.signal });
  await printStatus(cli, await sandbox.sandboxStatus({ stateDir }));
}

/** `blosm sandbox status` */
export async function sandboxStatus(cli: Cli, { options }: Invocation<StateOptions>): Promise<ExitCode> {
  const sandbox = await import('../../../network/sandbox/index.js');
  const status = await sandbox.sandboxStatus({ stateDir: resolve(cli.io.cwd, options.state) });
  await printStatus(cli, status);
  return status.bridge && status.clusters.every(({ engineAnswers }) => engineAnswers) ? 0 : 6;
}

/** `blosm sandbox down` */
export async function sandboxDown(
  cli: Cli,
  { options }: Invocation<StateOptions & { purge?: boolean }>,
): Promise<undefined> {
  const purge = options.purge === true;
  if (purge) requireYes(cli, "deletes the images, containers and logs of the sandbox's clusters");
  const stateDir = resolve(cli.io.cwd, options.state);
  const [sandbox, fabric] = await Promise.all([
    import('../../../network/sandbox/index.js'),
    import('../../../network/fabric/index.js'),
  ]);
  // Peers that live in the namespaces are asked to stop before what is left there is killed.
  if (fabric.readFabricState(stateDir) !== undefined) {
    await fabric.fabricDown({ stateFolder: stateDir, signal: cli.io.signal });
  }
  await sandbox.sandboxDown({ stateDir, purge, signal: cli.io.signal });
  await print(cli, { kind: 'SandboxStopped', fields: { stateDir, purge }, text: () => 'the sandbox is down\n' });
}

async function printStatus(cli: Cli, status: SandboxStatus): Promise<void> {
  await print(cli, { kind: 'SandboxStatus', fields: status, text: () => statusText(status) });
}

function statusText({ stateDir, machineRuns, bridge, orderer, registry, clusters }: SandboxStatus): string {
  const yes = (is: boolean): string => (is ? 'yes' : 'NO');
  const hosts = [
    [orderer.name, orderer.address, yes(orderer.exists), '-', '-'],
    [registry.name, registry.address, yes(registry.exists), yes(registry.answers), '-'],
    ...clusters.map((c) => [c.name, c.address, yes(c.exists), yes(c.engineAnswers), yes(c.agentAnswers)]),
  ];
  return [
    facts([
      ['state', stateDir],
      ['running', machineRuns === undefined ? 'no sandbox on this machine' : machineRuns],
      ['bridge', yes(bridge)],
    ]),
    table(['HOST', 'ADDRESS', 'EXISTS', 'ENGINE', 'AGENT'], hosts),
  ].join('\n');
}
