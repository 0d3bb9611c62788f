import { checkConfig } from '../../config/load';
import { describeFault } from '../../config/yaml-file';
import type { ExitCode } from '../exit-codes';
import type { Cli } from '../io';
import { print } from '../output/print';
import type { Invocation } from './handler';

/** `blosm config validate [FILE]` */
export async function configValidate(cli: Cli, { args: [named] }: Invocation): Promise<ExitCode> {
  const { io } = cli;
  const { file, overrides, reading } = checkConfig({ file: named ?? cli.options.config, env: io.env, cwd: io.cwd });
  const faults = reading.ok ? [] : reading.faults;
  await print(cli, {
    kind: 'ConfigCheck',
    fields: { file, valid: reading.ok, faults, fromEnvironment: overrides.map(({ variable }) => variable) },
    text: () =>
      [
        ...faults.map((fault) => `${describeFault(file, fault)}\n`),
        ...overrides.map(({ path, variable }) => `${path.join('.')} comes from ${variable}\n`),
        `${file}: ${reading.ok ? 'valid' : `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`}\n`,
      ].join(''),
  });
  return reading.ok ? 0 : 3;
}
