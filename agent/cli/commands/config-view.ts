import { stringify } from 'yaml';
import { checkConfig } from '../../config/load';
import { describeOrigin, valuesOf, type ValueFacts } from '../../config/origins';
import { valueOf } from '../../config/yaml-file';
import { redactValue } from '../../domain/redact';
import type { Cli } from '../io';
import { print } from '../output/print';
import { table } from '../output/table';
import { configRequest, type SetOptions } from '../config-request';
import type { Invocation } from './handler';

/** `blosm config view`: what counts after defaults, file, environment and command line, without secrets. */
export async function configView(
  cli: Cli,
  { options }: Invocation<SetOptions & { showOrigin?: boolean }>,
): Promise<undefined> {
  const check = checkConfig(configRequest(cli, options));
  const config = valueOf(check.reading, check.file);
  const values = valuesOf(config, check);
  const shown = redactValue(config);
  await print(cli, {
    kind: 'Config',
    fields: {
      file: check.file,
      config: shown,
      ...(options.showOrigin === true ? { origins: values.map(({ key, origin }) => ({ key, ...origin })) } : {}),
    },
    names: () => values.map(({ key }) => key),
    text: () => (options.showOrigin === true ? originTable(values) : `# ${check.file}\n${stringify(shown)}`),
  });
}

const originTable = (values: readonly ValueFacts[]): string =>
  table(
    ['KEY', 'VALUE', 'ORIGIN'],
    values.map(({ key, value, origin }) => [key, value === null ? '-' : JSON.stringify(value), describeOrigin(origin)]),
  );
