import type { CompletedFlag, CompletionTable, Values } from './completion-table.ts';

/** For fish 3 and newer. */
export function fishCompletion({ commands, flags }: CompletionTable): string {
  const lines = [
    '# Completion of plimsoll for fish: plimsoll completion fish > ~/.config/fish/completions/plimsoll.fish',
    'complete -c plimsoll -f',
    ...flags.map((flag) => `complete -c plimsoll -n __fish_use_subcommand ${flagWords(flag)}`),
    ...commands.flatMap(({ name, summary, flags: own, argument }) => {
      const within = `complete -c plimsoll -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
      return [
        `complete -c plimsoll -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
        ...own.map((flag) => `${within} ${flagWords(flag)}`),
        `${within} ${argumentWords(argument)}`,
      ];
    }),
  ];
  return `${lines.join('\n')}\n`;
}

function flagWords({ names, description, values, isOptional }: CompletedFlag): string {
  const spelled = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  return [...spelled, ...valueWords(values, isOptional), `-d ${quoted(description)}`].join(' ');
}

function valueWords(values: Values | undefined, isOptional: boolean): readonly string[] {
  if (values === undefined) return [];
  if (values === 'file') return ['-r', '-F'];
  if (values === 'folder') return ['-x', `-a ${quoted('(__fish_complete_directories)')}`];
  const words = values === 'any' ? [] : [`-a ${quoted(values.join(' '))}`];
  return isOptional ? words : ['-x', ...words];
}

function argumentWords(values: Values): string {
  return Array.isArray(values) ? `-a ${quoted(values.join(' '))}` : '-F';
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
