import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BlosmError } from '../../../chaincode/src/model/errors';
import { InstanceView, listOf, ServiceView } from '../../ports/control';
import { connectAgent, type ControlClient } from '../api-client';
import { tellIntent, type DryRunOptions } from '../dry-run';
import type { ExitCode } from '../exit-codes';
import { findCluster } from '../find-cluster';
import type { Cli } from '../io';
import { print } from '../output/print';
import { listResult } from '../output/result';
import { requireYes } from '../require-yes';
import { serviceTable, serviceText } from '../views/lists';
import { present, type ListOptions } from '../watch';
import type { Invocation } from './handler';
import { ledgerHistory } from './ledger';

/** An agent gives an image 15 minutes to come into the registry; it stops when nobody waits for it any more. */
const REGISTER_TIMEOUT_MS = 16 * 60_000;

/** `blosm service list` */
export async function serviceList(cli: Cli, { options }: Invocation<ListOptions>): Promise<ExitCode> {
  const client = await connectAgent(cli);
  return present(cli, options, async () => {
    const { items } = await client.get(`/v1/services?limit=${options.limit}`, listOf(ServiceView));
    return listResult('ServiceList', items, (some, isWide) => serviceTable(some, cli.io.nowMs(), isWide));
  });
}

/** `blosm service get ID` */
export async function serviceGet(cli: Cli, { args: [id = ''] }: Invocation): Promise<undefined> {
  const client = await connectAgent(cli);
  const view = await client.get(`/v1/services/${encodeURIComponent(id)}`, ServiceView);
  await print(cli, { kind: 'Service', fields: view, text: () => serviceText(view) });
}

/** `blosm service register -f FILE` */
export async function serviceRegister(cli: Cli, { options }: Invocation<RegisterOptions>): Promise<ExitCode> {
  const file = resolve(cli.io.cwd, options.file);
  const text = await readServiceFile(file);
  // Loaded here: no other command of this file needs YAML.
  const [{ parseYaml }, { ServiceFile }] = await Promise.all([
    import('../../config/yaml-file.js'),
    import('../../config/service-file.js'),
  ]);
  const order = parseYaml(text, file, ServiceFile);
  const client = await connectAgent(cli, cli.options.timeout ?? REGISTER_TIMEOUT_MS);
  if (options.dryRun === true) return tellRegistration(cli, client, order);
  const view = await client.post('/v1/services', order, ServiceView);
  await print(cli, { kind: 'Service', fields: view, text: () => serviceText(view) });
  return 0;
}

/** `blosm service remove ID` */
export async function serviceRemove(
  cli: Cli,
  { args: [id = ''], options }: Invocation<DryRunOptions>,
): Promise<ExitCode> {
  const client = await connectAgent(cli);
  const path = `/v1/services/${encodeURIComponent(id)}`;
  if (options.dryRun === true) return tellRemoval(cli, client, await client.get(path, ServiceView));
  requireYes(cli, `takes service ${id} off the ledger for all clusters, and its id is not used again`);
  const view = await client.post(`${path}/remove`, {}, ServiceView);
  await print(cli, { kind: 'Service', fields: view, text: () => `${id} is removed\n` });
  return 0;
}

async function tellRemoval(
  cli: Cli,
  client: ControlClient,
  { serviceId, registeredBy, registeredByName }: ServiceView,
): Promise<ExitCode> {
  const [self, { items }] = await Promise.all([
    findCluster(client),
    client.get('/v1/instances?limit=1000', listOf(InstanceView)),
  ]);
  const own = items.filter((instance) => instance.serviceId === serviceId);
  return tellIntent(cli, {
    command: 'service remove',
    steps: [`take ${serviceId} off the ledger for all clusters`, 'never use its id again'],
    refusals: [
      ...(own.length > 0 ? [`it has ${own.length} instances: remove them first`] : []),
      ...(registeredBy === self.nodeId ? [] : [`it was registered by ${registeredByName}: ask its agent`]),
    ],
  });
}

/** `blosm service history ID` */
export function serviceHistory(cli: Cli, { args: [id = ''] }: Invocation): Promise<undefined> {
  return ledgerHistory(cli, { args: ['service', id], options: {} });
}

/** A service of this id is never changed: the agent compares its image and its run spec when it is asked to. */
async function tellRegistration(
  cli: Cli,
  client: ControlClient,
  { serviceId, image }: { serviceId: string; image: { repository: string; tag: string } },
): Promise<ExitCode> {
  const { items } = await client.get('/v1/services?limit=1000', listOf(ServiceView));
  const known = items.find((service) => service.serviceId === serviceId);
  return tellIntent(cli, {
    command: 'service register',
    steps:
      known === undefined
        ? [
            `make sure that the registry has ${image.repository}:${image.tag}, pushing it from this engine if need be`,
            `register ${serviceId} on the ledger with the digests of that image`,
          ]
        : [`compare it with ${serviceId}, registered by ${known.registeredByName}: the same changes nothing`],
  });
}

interface RegisterOptions extends DryRunOptions {
  readonly file: string;
}

async function readServiceFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new BlosmError('BLOSM_E_CONFIG_INVALID', `cannot read the service file ${file}: ${String(cause)}`, {
      stage: 'config',
      cause,
      hint: 'Check the name and the rights of the file; its keys are in agent/docs/reference/config.md.',
    });
  }
}
