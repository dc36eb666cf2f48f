import type { CompletedFlag, CompletionTable, Values } from './completion-table.ts';

/** For bash 3.2 and newer, without the package bash-completion. */
export function bashCompletion({ commands, flags }: CompletionTable): string {
  const names = commands.map(({ name }) => name);
  return `# Completion of plimsoll for bash: source <(plimsoll completion bash)
_plimsoll() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command='' word
  # Bash takes --flag=value for three words.
  if [ "$current" = = ]; then
    current=''
  elif [ "$previous" = = ]; then
    previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      ${names.join(' | ')}) command=$word; break ;;
    esac
  done
  COMPREPLY=()
  case $command:$previous in
${commands.flatMap(({ name, flags: own }) => own.map((flag) => valueCase(name, flag))).join('')}  esac
  case $command:$current in
    :-*) _plimsoll_words '${wordsOf(flags)}' ;;
${commands.map(({ name, flags: own }) => `    ${name}:-*) _plimsoll_words '${wordsOf(own)}' ;;\n`).join('')}    :*) _plimsoll_words '${names.join(' ')}' ;;
${commands.map(({ name, argument }) => `    ${name}:*) ${offer(argument)} ;;\n`).join('')}  esac
}

_plimsoll_words() {
  COMPREPLY=($(compgen -W "$1" -- "$current"))
}

_plimsoll_paths() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen "$1" -- "$current"))
}

complete -F _plimsoll plimsoll
`;
}

function valueCase(command: string, { names, values, isOptional }: CompletedFlag): string {
  if (values === undefined) return '';
  // After a value that may be left out, other flags are as likely.
  const guard = isOptional ? '[[ $current == -* ]] || { ' : '';
  const patterns = names.map((name) => `${command}:${name}`).join(' | ');
  return `    ${patterns}) ${guard}${offer(values)}; return${guard === '' ? '' : '; }'} ;;\n`;
}

function offer(values: Values): string {
  if (values === 'any') return ':';
  if (values === 'file') return '_plimsoll_paths -f';
  return values === 'folder' ? '_plimsoll_paths -d' : `_plimsoll_words '${values.join(' ')}'`;
}

function wordsOf(flags: readonly CompletedFlag[]): string {
  return flags.flatMap(({ names }) => names).join(' ');
}
