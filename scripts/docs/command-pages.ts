import type { CommandSpec } from '../../src/commands/command.ts';
import { GLOBAL_OPTIONS } from '../../src/commands/global-options.ts';
import { describeOption } from '../../src/commands/run-command-line.ts';

/** Pages that say more about a command, by its name; relative to docs/commands. */
const MORE: Readonly<Record<string, readonly (readonly [title: string, page: string])[]>> = {
  convert: [['Converting', '../convert.md']],
  dockerfile: [['The base', '../base.md']],
  doctor: [['The lock', '../lock.md']],
  fix: [['Rules', '../rules/README.md']],
  init: [
    ['Start', '../start.md'],
    ['Configuration', '../configuration.md'],
  ],
  lint: [
    ['Memory', '../memory.md'],
    ['Rules', '../rules/README.md'],
  ],
  lock: [
    ['The lock', '../lock.md'],
    ['Reproducibility', '../reproducibility.md'],
  ],
  package: [
    ['What ships', '../prepared.md'],
    ['Registries', '../registry.md'],
    ['Supply chain', '../supply-chain.md'],
  ],
  rebuild: [['Reproducibility', '../reproducibility.md']],
  run: [['The server', '../server.md']],
  verify: [
    ['Verifying', '../verify.md'],
    ['Cases', '../cases.md'],
  ],
};

/** A command as a page, made from the table that the command line itself goes by. */
export function commandPage(spec: CommandSpec): string {
  const { name, summary, argument, secondArgument, options, examples } = spec;
  const words = [
    `plimsoll ${name}`,
    argument.default === undefined ? `<${argument.name}>` : `[${argument.name}]`,
    ...(secondArgument ? [`<${secondArgument.name}>`] : []),
  ];
  const more = (MORE[name] ?? []).map(([title, page]) => `[${title}](${page})`);
  return [
    `# plimsoll ${name}\n`,
    `${summary[0]?.toUpperCase()}${summary.slice(1)}.\n`,
    `\`\`\`text\n${words.join(' ')} [options]\n\`\`\`\n`,
    table(
      ['argument', 'default', 'what it is'],
      [
        [
          code(argument.name),
          argument.default === undefined ? 'required' : code(argument.default),
          choicesText(argument),
        ],
        ...(secondArgument ? [[code(secondArgument.name), 'required', secondArgument.description]] : []),
      ],
    ),
    ...(options.length === 0
      ? []
      : [
          table(
            ['option', 'what it does'],
            options.map((option) => [code(option.flags), repeatText(option)]),
          ),
        ]),
    `Examples:\n\n\`\`\`sh\n${examples.join('\n')}\n\`\`\`\n`,
    `What every command takes, and how it ends: [all commands](README.md).${more.length === 0 ? '' : ` More: ${more.join(', ')}.`}\n`,
  ].join('\n');
}

function choicesText({ description, choices }: CommandSpec['argument']): string {
  return choices === undefined ? description : `${description}: ${choices.join(', ')}`;
}

function repeatText(option: CommandSpec['options'][number]): string {
  return `${describeOption(option)}${option.repeatable ? '; may be given more than once' : ''}`;
}

export const EXITS: readonly (readonly [number, string])[] = [
  [0, 'passed'],
  [1, 'findings at or over the failing severity, or a budget exceeded'],
  [2, 'usage or configuration'],
  [3, 'the lock drifted'],
  [4, 'not reproducible'],
  [5, 'system failure'],
  [6, 'numeric or statistical failure'],
  [7, 'inconclusive'],
  [130, 'interrupted'],
];

/** The list of commands, and what they share. */
export function commandIndex(specs: readonly CommandSpec[]): string {
  return [
    '# Commands\n',
    table(
      ['command', 'what it does'],
      specs.map(({ name, summary }) => [`[plimsoll ${name}](${name}.md)`, summary]),
    ),
    'Every command takes:\n',
    table(
      ['option', 'what it does'],
      GLOBAL_OPTIONS.map(({ flags, description }) => [code(flags), description]),
    ),
    'Standard output carries the result alone, for machines; progress and what goes wrong are on standard error. With `--json` an error is one\nline: `{"error":{"code","exit","message","mend","cause"}}`; [all codes](../errors.md). `NO_COLOR` is obeyed.\n',
    table(
      ['exit code', 'means'],
      EXITS.map(([exit, means]) => [String(exit), means]),
    ),
  ].join('\n');
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `${[line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')}\n`;
}
