import { z } from 'zod';
import { AgentConfig } from '../../config/schema';
import { ServiceFile } from '../../config/service-file';
import type { Cli } from '../io';
import { print } from '../output/print';
import type { Invocation } from './handler';

/** `blosm config schema`: for editors that complete and check YAML by a JSON Schema. */
export async function configSchema(cli: Cli, { options }: Invocation<{ service?: boolean }>): Promise<undefined> {
  const [title, source] =
    options.service === true ? ['BloSM service file', ServiceFile] : ['BloSM agent configuration', AgentConfig];
  const schema = { title, ...z.toJSONSchema(source, { io: 'input', unrepresentable: 'any' }) };
  await print(cli, {
    kind: 'ConfigSchema',
    fields: { schema },
    names: () => Object.keys(schema.properties ?? {}),
    text: () => `${JSON.stringify(schema, null, 2)}\n`,
  });
}
