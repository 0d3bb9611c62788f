import { pathsOf, valuedFlags, type CompletedCommand, type Values } from './tree';

/** A script for zsh: `source <(blosm completion zsh)` after compinit, or the file `_blosm` in a folder of $fpath. */
export function zshScript(tree: readonly CompletedCommand[]): string {
  return `#compdef blosm
# Completion of blosm for zsh. Use: source <(blosm completion zsh)
# Silent, and quick, where no agent answers. Nothing that a shell would read differently is taken.
_blosm_ids() {
  local -a ids
  ids=(\${(f)"$(blosm $1 list -o name --timeout 500ms "\${where[@]}" 2>/dev/null </dev/null)"})
  ids=(\${(M)ids:#[A-Za-z0-9._-]##})
  compadd -a ids
}
_blosm() {
  setopt localoptions extendedglob
  local blosm_path= word option= position=0 i
  local -a where entries
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    if [[ -n $option ]]; then
      case $option in (--agent|--config) where+=("$option" "$word") ;; esac
      option=
      continue
    fi
    case $word in
      (${valuedFlags(tree).join('|')}) option=$word ;;
      (-*) ;;
      (*)
        case \${blosm_path:+$blosm_path }$word in
          (${pathsOf(tree)
            .map((path) => `'${path}'`)
            .join('|')}) blosm_path=\${blosm_path:+$blosm_path }$word ;;
          (*) position=$((position + 1)) ;;
        esac
        ;;
    esac
  done
  if [[ -n $option ]]; then
    case "$blosm_path|$option" in
${tree.flatMap(optionCases).join('\n')}
    esac
  elif [[ \${words[CURRENT]} == -* ]]; then
    case $blosm_path in
${tree.map(flagCase).join('\n')}
    esac
    _describe option entries
  else
    case "$blosm_path|$position" in
${tree.flatMap(placeCases).join('\n')}
    esac
  fi
}
if [[ $funcstack[1] == _blosm ]]; then _blosm "$@"; else compdef _blosm blosm; fi
`;
}

const optionCases = ({ path, options }: CompletedCommand): string[] =>
  options.flatMap(({ flags, values }) => {
    const call = values === null ? '' : completing(values);
    return call === '' ? [] : [`      (${flags.map((flag) => `'${path}|${flag}'`).join('|')}) ${call} ;;`];
  });

const flagCase = ({ path, options }: CompletedCommand): string => {
  const entries = options.flatMap(({ flags, description }) => flags.map((flag) => entry(flag, description)));
  return `      ('${path}') entries=(${entries.join(' ')}) ;;`;
};

function placeCases({ path, subcommands, args }: CompletedCommand): string[] {
  if (subcommands.length > 0) {
    const entries = subcommands.map(({ name, description }) => entry(name, description));
    return [`      ('${path}|0') entries=(${entries.join(' ')}); _describe command entries ;;`];
  }
  return args.flatMap((values, index) => {
    const call = completing(values);
    return call === '' ? [] : [`      ('${path}|${index}') ${call} ;;`];
  });
}

/** As _describe takes it, in single quotes. */
const entry = (name: string, description: string): string =>
  `'${name}:${description.replaceAll('\\', '').replaceAll(':', '\\:').replaceAll("'", "'\\''")}'`;

function completing(values: Values): string {
  switch (values.kind) {
    case 'words':
      return `compadd ${values.words.join(' ')}`;
    case 'ids':
      return `_blosm_ids ${values.noun}`;
    case 'files':
      return '_files';
    case 'folders':
      return '_files -/';
    case 'any':
      return '';
  }
}
