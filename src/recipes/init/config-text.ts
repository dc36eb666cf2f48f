import { printable } from '../../report/printable.ts';
import type { FoundModel, FoundSource } from './find-model.ts';
import type { ProposedBounds } from './propose-bounds.ts';

export interface ConfigChoices extends ProposedBounds {
  readonly name: string;
  readonly found: FoundModel;
  /** Folder of cases beside the configuration, where there is one. */
  readonly cases: string | undefined;
  /** As it was given, for instance `256MiB`. */
  readonly memory: string | undefined;
  /** Whether a file may be loaded that runs code. */
  readonly allowCode: boolean;
}

/** A configuration with its reasons beside it, as a person would have written it. */
export function configText(choices: ConfigChoices): string {
  const { name, found } = choices;
  return [
    '# What is shipped, and how far it may go. docs/configuration.md explains every key; plimsoll lint holds the model to it.',
    `name: ${scalar(name)}`,
    ...(found.kind === 'onnx' ? [`model: ${scalar(found.file)}`] : sourceLines(found, choices)),
    '',
    ...boundLines(choices),
    '',
    ...budgetLines(choices),
    '',
    ...caseLines(choices),
    '',
  ].join('\n');
}

function sourceLines(
  { from, source, runsCode, because }: FoundSource,
  { allowCode }: ConfigChoices,
): readonly string[] {
  const told = because === null ? '' : ` # ${comment(because)}`;
  const mayRun = runsCode
    ? [`  allowCode: ${allowCode} # a pickle runs code when it is loaded: true only where you trust whoever wrote it`]
    : [];
  return [
    '# plimsoll convert makes model.onnx of it, and keeps the answers of the original as cases.',
    'model:',
    `  from: ${from}${told}`,
    `  source: ${scalar(source)}`,
    ...mayRun,
  ];
}

function boundLines({ bounds, nameless, found }: ConfigChoices): readonly string[] {
  const unbound = nameless.map(
    (place) => `# ${comment(place)} has no name, so that no bound can be set: name it when exporting.`,
  );
  if (found.kind === 'source') {
    return [
      '# The largest size of each dimension that the model leaves open; plimsoll inspect names them once it is converted.',
      'bounds:',
      '  batch: 32',
    ];
  }
  if (bounds.length === 0) return ['# The model leaves no dimension open that could have a bound.', ...unbound];
  return [
    '# The largest size of each dimension that the model leaves open: memory is planned at it, and larger requests are refused.',
    'bounds:',
    ...bounds.map(({ name, size, place }) => `  ${scalar(name)}: ${size} # ${comment(place)}`),
    ...unbound,
  ];
}

function budgetLines({ memory }: ConfigChoices): readonly string[] {
  if (memory !== undefined) {
    return ['# More than this fails the build.', 'budget:', `  memory: ${scalar(memory)} # the container’s limit`];
  }
  return [
    '# More than this fails the build. plimsoll lint says what memory to set.',
    '# budget:',
    '#   memory: 256MiB # the container’s limit',
    '#   image: 100MiB # compressed, for one platform',
  ];
}

function caseLines({ cases, found }: ConfigChoices): readonly string[] {
  const what = '# Inputs, and the answers that the original framework gave.';
  if (found.kind === 'source') return ['# Cases, the answers of the original, are left in cases/ by the conversion.'];
  return cases === undefined ? [what, '# cases: cases/'] : [what, `cases: ${scalar(cases)}`];
}

/** As YAML reads it back: plain where nothing could be taken for something else, else quoted as JSON is. */
function scalar(text: string): string {
  const isPlain = /^[A-Za-z][\w./-]*$/.test(text) || /^\d+(\.\d+)?[A-Za-z]+$/.test(text);
  return isPlain && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text) ? text : JSON.stringify(text);
}

/** Names come from the model; a line of comment ends where the line does. */
function comment(text: string): string {
  return printable(text);
}
