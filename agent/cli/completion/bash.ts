import { pathsOf, valuedFlags, type CompletedCommand, type CompletedOption, type Values } from './tree';

/** A script for bash: `source <(blosm completion bash)`. */
export function bashScript(tree: readonly CompletedCommand[]): string {
  return `# Completion of blosm for bash. Use: source <(blosm completion bash)
_blosm_words() {
  local word
  for word in $1; do [[ $word == "$cur"* ]] && COMPREPLY+=("$word"); done
}
# Silent, and quick, where no agent answers. Nothing that a shell would read differently is taken.
_blosm_ids() {
  local id
  while read -r id; do
    [[ $id == "$cur"* && $id =~ ^[A-Za-z0-9._-]+$ ]] && COMPREPLY+=("$id")
  done < <(blosm "$1" list -o name --timeout 500ms "\${where[@]}" 2>/dev/null </dev/null)
}
_blosm_files() {
  local file
  compopt -o filenames 2>/dev/null
  while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen "$1" -- "$cur")
}
_blosm() {
  local cur=\${COMP_WORDS[COMP_CWORD]} path= word option= position=0 i where=()
  COMPREPLY=()
  [[ $cur == = ]] && cur=
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $word == = ]]; then continue; fi
    if [[ $option ]]; then
      case $option in --agent | --config) where+=("$option" "$word") ;; esac
      option=
      continue
    fi
    case $word in
      ${valuedFlags(tree).join(' | ')}) option=$word ;;
      -*) ;;
      *)
        case \${path:+$path }$word in
          ${pathsOf(tree)
            .map((path) => `'${path}'`)
            .join(' | ')}) path=\${path:+$path }$word ;;
          *) position=$((position + 1)) ;;
        esac
        ;;
    esac
  done
  if [[ $option ]]; then
    case "$path|$option" in
${optionCases(tree)}
    esac
  elif [[ $cur == -* ]]; then
    case $path in
${tree.map(({ path, options }) => `      '${path}') _blosm_words '${options.flatMap(({ flags }) => flags).join(' ')}' ;;`).join('\n')}
    esac
  else
    case "$path|$position" in
${placeCases(tree)}
    esac
  fi
}
complete -F _blosm blosm
`;
}

const optionCases = (tree: readonly CompletedCommand[]): string =>
  tree.flatMap(({ path, options }) => options.flatMap((option) => optionCase(path, option))).join('\n');

function optionCase(path: string, { flags, values }: CompletedOption): string[] {
  const call = values === null ? '' : completing(values);
  return call === '' ? [] : [`      ${flags.map((flag) => `'${path}|${flag}'`).join(' | ')}) ${call} ;;`];
}

const placeCases = (tree: readonly CompletedCommand[]): string =>
  tree
    .flatMap(({ path, subcommands, args }) => {
      const names = subcommands.map(({ name }) => name);
      const places: readonly Values[] = names.length === 0 ? args : [{ kind: 'words', words: names }];
      return places.map((values, index) => ({ place: `'${path}|${index}'`, call: completing(values) }));
    })
    .filter(({ call }) => call !== '')
    .map(({ place, call }) => `      ${place}) ${call} ;;`)
    .join('\n');

function completing(values: Values): string {
  switch (values.kind) {
    case 'words':
      return `_blosm_words '${values.words.join(' ')}'`;
    case 'ids':
      return `_blosm_ids ${values.noun}`;
    case 'files':
      return '_blosm_files -f';
    case 'folders':
      return '_blosm_files -d';
    case 'any':
      return '';
  }
}
