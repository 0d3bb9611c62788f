import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BlosmError } from '../../../chaincode/src/model/errors';
import { configTemplate } from '../../config/template';
import type { Cli } from '../io';
import { print } from '../output/print';
import type { Invocation } from './handler';

interface InitOptions {
  readonly name: string;
  readonly mspId?: string;
  readonly force?: boolean;
}

/** `blosm init`: never asks, never overwrites without --force. */
export async function init(cli: Cli, { options }: Invocation<InitOptions>): Promise<undefined> {
  const { name } = options;
  const file = resolve(cli.io.cwd, cli.options.config ?? 'blosm.yaml');
  const mspId = options.mspId ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}MSP`;
  await write(file, configTemplate({ name, mspId }), options.force === true);
  await print(cli, {
    kind: 'ConfigFile',
    fields: { file, name, mspId },
    text: () => `wrote ${file}\nedit it, then check it with: blosm config validate --config ${file}\n`,
  });
}

async function write(file: string, text: string, mayReplace: boolean): Promise<void> {
  try {
    await writeFile(file, text, { flag: mayReplace ? 'w' : 'wx', mode: 0o640 });
  } catch (cause) {
    const exists = typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'EEXIST';
    throw exists
      ? new BlosmError('BLOSM_E_CONFLICT', `${file} is there already`, {
          stage: 'init',
          cause,
          hint: 'Name another file with --config FILE, or replace it with --force.',
        })
      : new BlosmError('BLOSM_E_CONFIG_INVALID', `cannot write ${file}: ${String(cause)}`, {
          stage: 'init',
          cause,
          hint: 'Check the rights of the folder, or name another file with --config FILE.',
        });
  }
}
