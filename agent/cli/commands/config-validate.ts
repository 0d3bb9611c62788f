import { unknownVariables } from '../../config/environment';
import { checkConfig, loadConfig, type ConfigRequest } from '../../config/load';
import { describeFault } from '../../config/yaml-file';
import { checkFiles, type FilesCheck } from '../check-files';
import { configRequest, type SetOptions } from '../config-request';
import type { ExitCode } from '../exit-codes';
import type { Cli } from '../io';
import { print } from '../output/print';
import type { Invocation } from './handler';

/** `blosm config validate [FILE]`: the file, and the files that it names as far as they are there. */
export async function configValidate(cli: Cli, { args: [named], options }: Invocation<SetOptions>): Promise<ExitCode> {
  const { io } = cli;
  const request: ConfigRequest = { ...configRequest(cli, options), ...(named === undefined ? {} : { file: named }) };
  const { file, overrides, reading } = checkConfig(request);
  const { faults, notes: about }: FilesCheck = reading.ok
    ? await checkFiles(loadConfig(request), io.nowMs())
    : { faults: reading.faults, notes: [] };
  const notes = [...about, ...unknownVariables(io.env).map(variableNote)];
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

const variableNote = ({ variable, meant }: ReturnType<typeof unknownVariables>[number]): string =>
  `${variable} sets nothing: no key has this name${meant === undefined ? '' : `; did you mean ${meant}?`}`;
