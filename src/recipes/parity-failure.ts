import { EXIT, Failure } from '../nouns/failure.ts';
import type { ModelSource } from '../nouns/model-source.ts';
import type { OutputFigures } from './parity-figures.ts';

/** An export that answers otherwise than the original, by how much, and what is known of such differences. */
export function parityFailure(wrong: readonly OutputFigures[], from: ModelSource['from'] | undefined): Failure {
  const told = wrong.map(describe).join('; ');
  return new Failure(`the export does not answer as the original does: ${told}`, {
    code: 'convert/parity',
    exit: EXIT.numeric,
    mend:
      KNOWN_CAUSES[typeof from === 'string' ? from : ''] ??
      'Compare the case’s inputs with what the original does to them.',
  });
}

/** Cases of the user's own that an export answers otherwise, though it answers as the original does. */
export function ownCasesFailure(wrong: readonly OutputFigures[], casesPath: string): Failure {
  return new Failure(
    `the model answers as the original does, but not as your own cases say: ${wrong.map(describe).join('; ')}`,
    {
      code: 'convert/own-cases',
      exit: EXIT.numeric,
      mend: `Where the original has changed since they were written, write those in ${casesPath} again, or remove them.`,
    },
  );
}

function describe({
  output,
  mismatch,
  where,
  wrong,
  elements,
  largestAbsolute,
  flips,
  flipMargin,
}: OutputFigures): string {
  if (mismatch !== undefined) return `output ${output}, case ${where}: ${mismatch}`;
  const what = `output ${output}: ${wrong} of ${elements} elements differ, the first in case ${where}`;
  if (flips === 0) return `${what}, the furthest by ${largestAbsolute.toPrecision(3)}`;
  return flipMargin === null ? what : `${what}; labels flip at a margin of up to ${flipMargin.toPrecision(3)}`;
}

/** What such differences came from before, by framework. */
const TREES =
  'Where the model has trees: they compare in 32 bits here; train on float32 data, so that no threshold lies between two values that become one.';
const KNOWN_CAUSES: Readonly<Record<string, string>> = {
  sklearn: `${TREES} Where it takes texts: state with token_pattern which letters make a word, since Unicode tables differ (see examples/sklearn).`,
  xgboost: TREES,
  lightgbm: TREES,
  catboost: TREES,
  pytorch: 'Call module.eval() before exporting, and use no randomness in forward.',
  keras: 'Check layers that behave otherwise in training, and layers of your own.',
  tensorflow: 'Check that the signature serving_default is the inference one.',
};
