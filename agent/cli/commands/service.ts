import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BlosmError } from '../../../chaincode/src/model/errors';
import { listOf, ServiceView } from '../../ports/control';
import { connectAgent } from '../api-client';
import type { Cli } from '../io';
import { print } from '../output/print';
import { serviceTable, serviceText } from '../views/lists';
import type { Invocation } from './handler';

/** `blosm service list` */
export async function serviceList(cli: Cli, { options }: Invocation<{ limit: number }>): Promise<undefined> {
  const client = await connectAgent(cli);
  const { items } = await client.get(`/v1/services?limit=${options.limit}`, listOf(ServiceView));
  await print(cli, { kind: 'ServiceList', fields: { items }, text: () => serviceTable(items, cli.io.nowMs()) });
}

/** `blosm service get ID` */
export async function serviceGet(cli: Cli, { args: [id = ''] }: Invocation): Promise<undefined> {
  const client = await connectAgent(cli);
  const view = await client.get(`/v1/services/${encodeURIComponent(id)}`, ServiceView);
  await print(cli, { kind: 'Service', fields: view, text: () => serviceText(view) });
}

/** `blosm service register -f FILE` */
export async function serviceRegister(cli: Cli, { options }: Invocation<{ file: string }>): Promise<undefined> {
  const file = resolve(cli.io.cwd, options.file);
  const text = await readServiceFile(file);
  // Loaded here: no other command of this file needs YAML.
  const [{ parseYaml }, { ServiceFile }] = await Promise.all([
    import('../../config/yaml-file.js'),
    import('../../config/service-file.js'),
  ]);
  const order = parseYaml(text, file, ServiceFile);
  const client = await connectAgent(cli);
  const view = await client.post('/v1/services', order, ServiceView);
  await print(cli, { kind: 'Service', fields: view, text: () => serviceText(view) });
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
