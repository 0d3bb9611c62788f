import { checkConfig, loadConfig, type ConfigRequest } from '../../config/load';
import { describeFault } from '../../config/yaml-file';
import { checkFiles, type FilesCheck } from '../check-files';
import type { ExitCode } from '../exit-codes';
import type { Cli } from '../io';
import { print } from '../output/print';
import type { Invocation } from './handler';

/** `blosm config validate [FILE]`: the file, and the files that it names as far as they are there. */
export async function configValidate(cli: Cli, { args: [named] }: Invocation): Promise<ExitCode> {
  const { io } = cli;
  const request: ConfigRequest = { file: named ?? cli.options.config, env: io.env, cwd: io.cwd };
  const { file, overrides, reading } = checkConfig(request);
  const { faults, notes }: FilesCheck = reading.ok
    ? await checkFiles(loadConfig(request), io.nowMs())
    : { faults: reading.faults, notes: [] };
  const valid = faults.length === 0;
  await print(cli, {
    kind: 'ConfigCheck',
    fields: { file, valid, faults, notes, fromEnvironment: overrides.map(({ variable }) => variable) },
    text: () =>
      [
        ...faults.map((fault) => `${describeFault(file, fault)}\n`),
        ...notes.map((line) => `${line}\n`),
        ...overrides.map(({ path, variable }) => `${path.join('.')} comes from ${variable}\n`),
        `${file}: ${valid ? 'valid' : `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`}\n`,
      ].join(''),
  });
  return valid ? 0 : 3;
}
