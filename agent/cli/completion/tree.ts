import type { Argument, Command, Option } from 'commander';

/** What can stand in a place of the command line. */
export type Values =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Ids that the agent knows: those of `blosm NOUN list`. */
  | { readonly kind: 'ids'; readonly noun: string }
  | { readonly kind: 'files' }
  | { readonly kind: 'folders' }
  /** Whatever the user thinks of. */
  | { readonly kind: 'any' };

export interface CompletedOption {
  /** E.g. `-o`, `--output`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Null: it takes no value. */
  readonly values: Values | null;
}

/** One command of the tree, the program itself included. */
export interface CompletedCommand {
  /** The words that lead to it; empty for the program. */
  readonly path: string;
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  /** Its own, and those of every command. */
  readonly options: readonly CompletedOption[];
  readonly args: readonly Values[];
}

/**
 * All that a shell has to know, the program first.
 * @param keys of the configuration, for arguments that name one
 */
export function completionTree(program: Command, keys: readonly string[]): CompletedCommand[] {
  const nouns = program.commands
    .filter((group) => group.commands.some((command) => command.name() === 'list'))
    .map((group) => group.name());
  const byName = nameReader(nouns, keys);
  const describe = (command: Command, path: readonly string[]): CompletedCommand[] => [
    {
      path: path.join(' '),
      subcommands: command.commands.map((child) => ({ name: child.name(), description: child.description() })),
      options: [...(command === program ? [] : command.options), ...program.options, HELP].map((option) =>
        describeOption(option, byName),
      ),
      args: command.registeredArguments.map((argument) => valuesOfArgument(argument, path[0] ?? '', byName)),
    },
    ...command.commands.flatMap((child) => describe(child, [...path, child.name()])),
  ];
  return describe(program, []);
}

const HELP = { short: '-h', long: '--help', description: 'what it does', flags: '-h, --help' };

type OptionFacts = Pick<Option, 'description' | 'flags'> & Partial<Option>;

function describeOption(option: OptionFacts, byName: NameReader): CompletedOption {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined);
  const [, placeholder] = /[<[]([^>\]]+)[>\]]/.exec(option.flags) ?? [];
  const values = placeholder === undefined ? null : (choices(option.argChoices) ?? byName(placeholder));
  return { flags, description: option.description, values };
}

function valuesOfArgument(argument: Argument, group: string, byName: NameReader): Values {
  const name = argument.name() === 'id' ? group : argument.name();
  return choices(argument.argChoices) ?? byName(name);
}

const choices = (words: readonly string[] | undefined): Values | undefined =>
  words === undefined ? undefined : { kind: 'words', words };

/** What stands for an argument or a value of this name. */
type NameReader = (name: string) => Values;

const nameReader =
  (nouns: readonly string[], keys: readonly string[]): NameReader =>
  (name) => {
    if (nouns.includes(name)) return { kind: 'ids', noun: name };
    if (name === 'key') return { kind: 'words', words: keys };
    if (name === 'file') return { kind: 'files' };
    return name === 'folder' ? { kind: 'folders' } : { kind: 'any' };
  };

/** The options that take a value, by their flags. */
export function valuedFlags(tree: readonly CompletedCommand[]): string[] {
  const valued = tree.flatMap(({ options }) => options.filter(({ values }) => values !== null));
  return [...new Set(valued.flatMap(({ flags }) => flags))].sort();
}

/** The paths of all commands but the program. */
export const pathsOf = (tree: readonly CompletedCommand[]): string[] =>
  tree.map(({ path }) => path).filter((path) => path !== '');
