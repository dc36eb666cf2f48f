import type { CompletedCommand, CompletedFlag, CompletionTable, Values } from './completion-table.ts';

/** For zsh 5 and newer: sourced after compinit, or a file called _plimsoll in a folder of $fpath. */
export function zshCompletion({ commands, flags }: CompletionTable): string {
  return `#compdef plimsoll
# Completion of plimsoll for zsh: plimsoll completion zsh > "\${fpath[1]}/_plimsoll"
_plimsoll() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C ${flags.map(flagSpec).join(' ')} '1:command:->command' '*::argument:->argument'
  case $state in
    command)
      local -a commands
      commands=(
${commands.map(({ name, summary }) => `        ${quoted(`${name}:${summary}`)}\n`).join('')}      )
      _describe command commands
      ;;
    argument)
      case $line[1] in
${commands.map(commandCase).join('')}      esac
      ;;
  esac
}

if [ "$funcstack[1]" = _plimsoll ]; then
  _plimsoll "$@"
else
  compdef _plimsoll plimsoll
fi
`;
}

function commandCase({ name, flags, argument }: CompletedCommand): string {
  return `        ${name})
          _arguments \\
${flags.map((flag) => `            ${flagSpec(flag)} \\\n`).join('')}            ${quoted(`*:argument:${action(argument)}`)}
          ;;
`;
}

function flagSpec({ names, description, values, isOptional, isRepeatable }: CompletedFlag): string {
  const explanation = `[${description.replace(/[[\]\\]/g, '\\$&').replaceAll(':', '\\:')}]`;
  const value = values === undefined ? '' : `${isOptional ? '::' : ':'}value:${action(values)}`;
  const specs = names.map((name) => {
    const others = isRepeatable ? '*' : names.length > 1 ? `(${names.join(' ')})` : '';
    return quoted(`${others}${name}${values !== undefined && name.startsWith('--') ? '=' : ''}${explanation}${value}`);
  });
  return specs.join(' ');
}

function action(values: Values): string {
  if (values === 'any') return ' ';
  if (values === 'file') return '_files';
  return values === 'folder' ? '_files -/' : `(${values.join(' ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
