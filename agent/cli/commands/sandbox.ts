import { resolve } from 'node:path';
import { hasCode } from '../../../chaincode/src/model/errors';
import type { Sandbox, SandboxStatus } from '../../../network/sandbox';
import type { Topology } from '../../../network/topology';
import { tellIntent } from '../dry-run';
import type { ExitCode } from '../exit-codes';
import { note, verboseLog, type Cli } from '../io';
import { print } from '../output/print';
import { facts, table } from '../output/table';
import type { Invocation } from './handler';
import { requireYes } from '../require-yes';
import { chosenTopology, type StateOptions, type TopologyOptions } from './network';

/** `blosm sandbox up` */
export async function sandboxUp(
  cli: Cli,
  { options }: Invocation<TopologyOptions & { agents: boolean }>,
): Promise<ExitCode> {
  const topology = await chosenTopology(cli, options.topology);
  if (options.dryRun === true) return tellUp(cli, options, topology);
  const sandbox = await import('../../../network/sandbox/index.js');
  await sandbox.sandboxUp({
    topology,
    stateDir: resolve(cli.io.cwd, options.state),
    beforeAgents: (made) => registerAll(cli, made),
    ...(options.agents ? {} : { agents: false as const }),
    onStep: (step) => note(cli, step),
    signal: cli.io.signal,
  });
  return sandboxStatus(cli, { args: [], options });
}

/** Each cluster by its own organisation's admin; the second time it changes nothing. */
async function registerAll(cli: Cli, { plan, fabric }: Sandbox): Promise<void> {
  const [{ registerCluster }, { loadConfig }, { clusterFabricFiles }] = await Promise.all([
    import('../register-cluster.js'),
    import('../../config/load.js'),
    import('../../../network/fabric/index.js'),
  ]);
  note(cli, 'registration of the clusters');
  const { signal, cwd } = cli.io;
  const registrations = plan.clusters.map(({ name, agent }) => {
    const { config } = loadConfig({ file: agent.config, env: {}, cwd });
    const files = clusterFabricFiles(fabric, name);
    const admin = { certificate: files.adminCertificate, key: files.adminKey };
    return registerCluster(config, admin, verboseLog(cli), { signal });
  });
  await Promise.all(registrations);
}

/** `blosm sandbox status` */
export async function sandboxStatus(cli: Cli, { options }: Invocation<StateOptions>): Promise<ExitCode> {
  const sandbox = await import('../../../network/sandbox/index.js');
  const status = await sandbox.sandboxStatus({ stateDir: resolve(cli.io.cwd, options.state) });
  await print(cli, {
    kind: 'SandboxStatus',
    fields: status,
    text: () => statusText(status),
    names: () => status.clusters.map(({ name }) => name),
  });
  const enginesAnswer = status.clusters.every(({ engineAnswers }) => engineAnswers);
  return status.bridge && status.registry.answers && enginesAnswer ? 0 : 6;
}

/** `blosm sandbox down` */
export async function sandboxDown(
  cli: Cli,
  { options }: Invocation<StateOptions & { purge?: boolean }>,
): Promise<ExitCode> {
  const purge = options.purge === true;
  if (options.dryRun === true) return tellDown(cli, options, purge);
  if (purge) requireYes(cli, 'deletes the ledgers, images, containers, journals and logs of the sandbox');
  const stateDir = resolve(cli.io.cwd, options.state);
  const sandbox = await import('../../../network/sandbox/index.js');
  await sandbox.sandboxDown({ stateDir, purge, signal: cli.io.signal });
  await print(cli, {
    kind: 'SandboxStopped',
    fields: { stateDir, purge },
    names: () => [stateDir],
    text: () => 'the sandbox is down\n',
  });
  return 0;
}

/** What of it is there; null: no sandbox was ever brought up with this state folder. */
async function findSandbox(cli: Cli, { state }: StateOptions): Promise<SandboxStatus | null> {
  const sandbox = await import('../../../network/sandbox/index.js');
  try {
    return await sandbox.sandboxStatus({ stateDir: resolve(cli.io.cwd, state) });
  } catch (error) {
    if (hasCode(error, 'BLOSM_E_NOT_FOUND')) return null;
    throw error;
  }
}

async function tellUp(cli: Cli, options: StateOptions & { agents: boolean }, topology: Topology): Promise<ExitCode> {
  const status = await findSandbox(cli, options);
  const names = topology.clusters.map(({ name }) => name).join(', ');
  const engines = (status?.clusters ?? []).filter(({ engineAnswers }) => !engineAnswers);
  const agents = (status?.clusters ?? []).filter(({ agentAnswers }) => options.agents && !agentAnswers);
  return tellIntent(cli, {
    command: 'sandbox up',
    steps:
      status === null
        ? [`make and start a sandbox of ${topology.clusters.length} clusters (${names})`]
        : [
            ...(status.registry.answers ? [] : ['start the registry']),
            ...engines.map(({ name }) => `start the engine of ${name}`),
            ...agents.map(({ name }) => `start the agent of ${name}`),
          ],
  });
}

async function tellDown(cli: Cli, options: StateOptions, purge: boolean): Promise<ExitCode> {
  const status = await findSandbox(cli, options);
  const names = status?.clusters.map(({ name }) => name).join(', ') ?? '';
  return tellIntent(cli, {
    command: 'sandbox down',
    steps:
      status === null
        ? []
        : [
            `stop the agents, engines, ledger and registry of ${names}`,
            ...(purge ? ['delete ledgers, images, containers, journals and logs (needs --yes)'] : []),
          ],
  });
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
      ['running', machineRuns ?? 'no sandbox on this machine'],
      ['bridge', yes(bridge)],
    ]),
    table(['HOST', 'ADDRESS', 'EXISTS', 'SERVES', 'AGENT'], hosts),
  ].join('\n');
}
