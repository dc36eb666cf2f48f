import { EXIT, Failure } from '../nouns/failure.ts';
import { nearest } from '../nouns/nearest.ts';
import { TOOL } from '../nouns/tool.ts';
import type { CommandSpec } from './command.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';

/** As the parser throws it. */
interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** What the parser refused, in this program's own words and with what was probably meant. */
export function usageFailure(error: Refusal, argv: readonly string[], specs: readonly CommandSpec[]): Failure {
  const word = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  const spec = specs.find(({ name }) => argv.includes(name));
  const help = `${[TOOL.name, ...(spec ? [spec.name] : [])].join(' ')} --help`;
  const fail = (code: string, message: string, mend: string) =>
    new Failure(message, { code: `usage/${code}`, exit: EXIT.usage, mend });
  switch (error.code) {
    case 'commander.unknownCommand':
      return fail(
        'command',
        `there is no command ${word}`,
        meant(
          word,
          specs.map(({ name }) => name),
          `${TOOL.name} --help`,
        ),
      );
    case 'commander.unknownOption':
      return fail(
        'option',
        `${spec ? `${TOOL.name} ${spec.name}` : TOOL.name} takes no ${word}`,
        meant(word.replace(/=.*$/, ''), flagsOf(spec), help),
      );
    case 'commander.optionMissingArgument':
      return fail('value', `${word} wants a value`, `${help} shows examples.`);
    case 'commander.missingArgument':
      return fail(
        'argument',
        `${TOOL.name} ${spec?.name ?? ''} wants ${word}`,
        `${spec?.examples[0] === undefined ? '' : `For instance: ${spec.examples[0]}. `}${help} shows more.`,
      );
    case 'commander.excessArguments':
      return fail(
        'argument',
        surplus(error.message, spec),
        `A name with blanks goes in quotes; ${help} shows what it takes.`,
      );
    default:
      return fail('flag', error.message.replace(/^error: /, ''), `${help} shows what it takes.`);
  }
}

function surplus(message: string, spec: CommandSpec | undefined): string {
  const [wanted, found] = message.match(/\d+/g) ?? [];
  return `${TOOL.name} ${spec?.name ?? ''} takes ${wanted} ${wanted === '1' ? 'argument' : 'arguments'}, and got ${found}`;
}

function meant(word: string, known: readonly string[], help: string): string {
  const near = nearest(word, known);
  return near === undefined ? `${help} shows what there is.` : `Did you mean ${near}? ${help} shows what there is.`;
}

/** All flags of a command, `--no-probe` and `-o` among them. */
function flagsOf(spec: CommandSpec | undefined): readonly string[] {
  return [...(spec?.options ?? []), ...GLOBAL_OPTIONS].flatMap(({ flags }) => flags.match(/--?[a-z][a-z-]*/g) ?? []);
}
