import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { BlosmError } from '../../../chaincode/src/model/errors';
import { editYaml, type Edit } from '../../config/edit-file';
import { readFlag } from '../../config/flags';
import { AgentConfig } from '../../config/schema';
import { configTemplate } from '../../config/template';
import { readYaml, valueOf } from '../../config/yaml-file';
import { tellIntent, type DryRunOptions } from '../dry-run';
import type { ExitCode } from '../exit-codes';
import { note, type Cli } from '../io';
import { print } from '../output/print';
import type { Invocation } from './handler';

interface InitOptions extends DryRunOptions {
  readonly name: string;
  readonly mspId?: string;
  readonly connectionProfile?: string;
  readonly channel: string;
  readonly chaincode: string;
  readonly asLocalhost?: boolean;
  readonly set?: readonly string[];
  readonly force?: boolean;
}

/** `blosm init`: never asks, never overwrites without --force. */
export async function init(cli: Cli, { options }: Invocation<InitOptions>): Promise<ExitCode> {
  const { name, channel, chaincode, asLocalhost = false } = options;
  const file = resolve(cli.io.cwd, cli.options.config ?? 'blosm.yaml');
  const mspId = options.mspId ?? (await mspIdFor(cli, options));
  const connectionProfile = profilePath(cli, options, file);
  const template = configTemplate({ name, mspId, connectionProfile, channel, chaincode, asLocalhost });
  const text = options.set === undefined ? template : editYaml(template, options.set.map(editOf));
  // What was set may be mistyped: it is found here, not when the agent starts.
  valueOf(readYaml(text, AgentConfig), file);
  if (options.dryRun === true) return tellFile(cli, file, options.force === true);
  await write(file, text, options.force === true);
  await print(cli, {
    kind: 'ConfigFile',
    fields: { file, name, mspId },
    names: () => [file],
    text: () => `wrote ${file}\nedit it, then check it with: blosm config validate --config ${file}\n`,
  });
  return 0;
}

function tellFile(cli: Cli, file: string, mayReplace: boolean): Promise<ExitCode> {
  const isThere = existsSync(file);
  return tellIntent(cli, {
    command: 'init',
    steps: [`${isThere ? 'replace' : 'write'} ${file}`],
    refusals: isThere && !mayReplace ? [`${file} is there already; --force replaces it`] : [],
  });
}

/** The profile of an existing network says whose it is, and has to be one that can be used. */
async function mspIdFor(cli: Cli, { name, connectionProfile, asLocalhost }: InitOptions): Promise<string> {
  if (connectionProfile === undefined) return `${name.charAt(0).toUpperCase()}${name.slice(1)}MSP`;
  const { profileMspId, readConnectionProfile } = await import('../../adapters/fabric-grpc/connection-profile.js');
  const path = resolve(cli.io.cwd, connectionProfile);
  const mspId = profileMspId(path);
  const { ownPeers } = readConnectionProfile(path, mspId);
  if (asLocalhost !== true && ownPeers[0].target.startsWith('localhost:')) {
    note(cli, `${ownPeers[0].name} is reached as localhost: if that holds for every node, add --as-localhost`);
  }
  return mspId;
}

/** As it stands in the configuration: relative to it where it lies beside or below it. */
function profilePath(cli: Cli, { connectionProfile }: InitOptions, file: string): string {
  if (connectionProfile === undefined) return 'fabric/connection.yaml';
  const path = resolve(cli.io.cwd, connectionProfile);
  const fromFile = relative(dirname(file), path);
  return fromFile.startsWith('..') ? path : fromFile;
}

function editOf(text: string): Edit {
  const { path, value } = readFlag(text);
  return [path, value];
}

async function write(file: string, text: string, mayReplace: boolean): Promise<void> {
  try {
    // Replaced as a whole: the old one stays where the disk is full. One that is replaced keeps its owner and mode.
    if (mayReplace && existsSync(file)) await writeFileAtomic(file, text);
    else await writeFile(file, text, { flag: 'wx', mode: 0o640 });
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
