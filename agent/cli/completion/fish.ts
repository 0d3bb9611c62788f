import { pathsOf, valuedFlags, type CompletedCommand, type CompletedOption, type Values } from './tree';

/** A script for fish: `blosm completion fish | source`. */
export function fishScript(tree: readonly CompletedCommand[]): string {
  return `# Completion of blosm for fish. Use: blosm completion fish | source
# The words of the command so far and how many arguments stand behind them, with a bar between the two.
function __blosm_place
    set -l path ''
    set -l position 0
    set -l option ''
    for word in (commandline -opc)[2..-1]
        if test -n "$option"
            set option ''
            continue
        end
        switch $word
            case ${valuedFlags(tree).join(' ')}
                set option $word
            case '-*'
            case '*'
                set -l longer (string trim -- "$path $word")
                if contains -- $longer ${pathsOf(tree).map(quoted).join(' ')}
                    set path $longer
                else
                    set position (math $position + 1)
                end
        end
    end
    echo "$path|$position"
end
function __blosm_at
    test (__blosm_place) = "$argv[1]"
end
function __blosm_in
    string match -q -- "$argv[1]|*" (__blosm_place)
end
# Silent, and quick, where no agent answers. Nothing that a shell would read differently is taken.
function __blosm_ids
    set -l where
    set -l words (commandline -opc)
    for index in (seq 2 (math (count $words) - 1))
        contains -- $words[$index] --agent --config; and set -a where $words[$index] $words[(math $index + 1)]
    end
    blosm $argv[1] list -o name --timeout 500ms $where 2>/dev/null </dev/null | string match -r '^[A-Za-z0-9._-]+$'
end
complete -c blosm -e
complete -c blosm -f
${tree.flatMap(commandLines).join('\n')}
`;
}

function commandLines({ path, subcommands, options, args }: CompletedCommand): string[] {
  return [
    ...subcommands.map(({ name, description }) => line(at(path, 0), `-a ${quoted(name)} -d ${quoted(description)}`)),
    ...(subcommands.length > 0 ? [] : args.flatMap((values, index) => argument(path, index, values))),
    ...options.map((option) => line(`__blosm_in ${quoted(path)}`, optionParts(option))),
  ];
}

const at = (path: string, position: number): string => `__blosm_at ${quoted(`${path}|${position}`)}`;

const line = (condition: string, parts: string): string => `complete -c blosm -n ${quoted(condition)} ${parts}`;

function argument(path: string, index: number, values: Values): string[] {
  const parts = valueParts(values);
  return parts === '' ? [] : [line(at(path, index), parts)];
}

function optionParts({ flags, description, values }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const value = values === null ? [] : [values.kind === 'files' ? '-r' : '-x', valueParts(values)];
  return [...names, ...value, `-d ${quoted(description)}`].filter((part) => part !== '').join(' ');
}

function valueParts(values: Values): string {
  switch (values.kind) {
    case 'words':
      return `-a ${quoted(values.words.join(' '))}`;
    case 'ids':
      return `-a ${quoted(`(__blosm_ids ${values.noun})`)}`;
    case 'files':
      return '-F';
    case 'folders':
      return "-a '(__fish_complete_directories)'";
    case 'any':
      return '';
  }
}

/** In single quotes, as fish reads them. */
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
