import { BlosmError } from '../../../chaincode/src/model/errors';
import { bashScript } from '../completion/bash';
import { fishScript } from '../completion/fish';
import { completionTree } from '../completion/tree';
import { zshScript } from '../completion/zsh';
import { isOneOfMany, listKeys } from '../../config/key-tree';
import { AgentConfig } from '../../config/schema';
import type { Cli } from '../io';
import { print } from '../output/print';
import type { Invocation } from './handler';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** `blosm completion SHELL` */
export async function completion(cli: Cli, { args: [shell = ''], program }: Invocation): Promise<undefined> {
  if (program === undefined) throw new BlosmError('BLOSM_E_INTERNAL', 'called without the tree of commands');
  const script = SCRIPTS[shell as keyof typeof SCRIPTS](completionTree(program, configKeys()));
  await print(cli, { kind: 'CompletionScript', fields: { shell, script }, names: () => [shell], text: () => script });
}

/** Sections too, which can be explained as well; what has a name of the user's cannot be known here. */
const configKeys = (): string[] =>
  listKeys(AgentConfig)
    .filter((key) => !isOneOfMany(key))
    .map(({ path }) => path.join('.'));
