import { stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { Conversion } from '../nouns/conversion.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { ModelSource } from '../nouns/model-source.ts';
import { readModel } from '../onnx/read-model.ts';
import { caseSignature } from '../validate/cases/case-signature.ts';
import { readCases } from '../validate/cases/read-cases.ts';
import { tensorsOf } from '../validate/cases/tensor-of-case.ts';
import { childLimits } from '../validate/runtime/child-limits.ts';
import { compareOutputs, type Difference } from '../validate/runtime/compare-outputs.ts';
import { type RuntimeChild, withRuntimeChild } from '../validate/runtime/runtime-child.ts';
import { sessionOptions } from '../validate/runtime/session-options.ts';

type Parity = Conversion['parity'][number];

/**
 * Holds an export against the original's own answers: runs every case in the locked runtime, and gives for each output how far it
 * lies from what the original said.
 *
 * @throws Failure `convert/parity` (exit 6) where an answer lies beyond tolerance, with the case and what is known of such differences
 */
export async function proveParity(
  folder: string,
  options: {
    readonly runtimeFolder: string;
    readonly signal: AbortSignal | undefined;
    readonly from: ModelSource['from'] | undefined;
  },
): Promise<Parity[]> {
  const path = join(folder, 'model.onnx');
  const cases = await readCases(join(folder, 'cases'), () => caseSignature(readModel(path).graph));
  const { size } = await stat(path);
  const limits = childLimits(size, totalmem());
  return withRuntimeChild(
    { runtimeFolder: options.runtimeFolder, limits, ...(options.signal && { signal: options.signal }) },
    async (child) => {
      const session = 'export';
      const created = await child.ask('create', {
        session,
        model: { kind: 'file', path },
        options: sessionOptions('fast', 'original'),
      });
      if (created.outcome !== 'ok') throw refused(created);
      const found = new Map<string, Parity>();
      for (const { name, inputs, outputs } of cases) {
        const answers = await runCase(child, { session, name, feeds: tensorsOf(inputs) });
        for (const difference of compareOutputs(tensorsOf(outputs), answers)) {
          if (difference.mismatch !== null || difference.beyondTolerance > 0)
            throw apart(name, difference, options.from);
          found.set(difference.output, merged(found.get(difference.output), difference));
        }
      }
      return [...found.values()];
    },
  );
}

async function runCase(
  child: RuntimeChild,
  { session, name, feeds }: { session: string; name: string; feeds: ReturnType<typeof tensorsOf> },
) {
  const run = await child.ask('run', { session, feeds, keep: true });
  if (run.outcome !== 'ok' || run.value.values === null) throw refused(run, name);
  return run.value.values;
}

function merged(before: Parity | undefined, difference: Difference): Parity {
  const { output, elements, unequal, largestAbsolute, largestRelative } = difference;
  const isExact = largestAbsolute === 0;
  return {
    output,
    elements: (before?.elements ?? 0) + elements,
    largestAbsolute: Math.max(before?.largestAbsolute ?? 0, largestAbsolute),
    largestRelative: Math.max(before?.largestRelative ?? 0, largestRelative),
    flips: (before?.flips ?? 0) + (isExact ? unequal : 0),
  };
}

function refused(outcome: { readonly outcome: string }, name?: string): Failure {
  const said =
    'message' in outcome ? String(outcome.message) : 'how' in outcome ? String(outcome.how) : outcome.outcome;
  return new Failure(`the export ${name === undefined ? 'does not load' : `does not run on case ${name}`}: ${said}`, {
    code: 'convert/refused',
    exit: EXIT.numeric,
    mend: 'The exporter wrote a model that the runtime refuses; try another version of the framework with the key "requirements".',
  });
}

function apart(name: string, difference: Difference, from: ModelSource['from'] | undefined): Failure {
  const { output, mismatch, beyondTolerance, elements, largestAbsolute } = difference;
  const what =
    mismatch ??
    `${beyondTolerance} of ${elements} elements lie beyond tolerance${largestAbsolute > 0 ? `, the furthest by ${largestAbsolute.toPrecision(3)}` : ''}`;
  return new Failure(`the export does not answer as the original does: case ${name}, output ${output}: ${what}`, {
    code: 'convert/parity',
    exit: EXIT.numeric,
    mend:
      KNOWN_CAUSES[typeof from === 'string' ? from : ''] ??
      'Compare the case’s inputs with what the original does to them.',
  });
}

/** What such differences came from before, by framework. */
const TREES =
  'Trees compare in 32 bits here: train on float32 data, so that no threshold lies between two values that become one.';
const KNOWN_CAUSES: Readonly<Record<string, string>> = {
  sklearn: `${TREES} Texts: state with token_pattern which letters make a word, since Unicode tables differ (see examples/sklearn).`,
  xgboost: TREES,
  lightgbm: TREES,
  catboost: TREES,
  pytorch: 'Call module.eval() before exporting, and use no randomness in forward.',
  keras: 'Check layers that behave otherwise in training, and layers of your own.',
  tensorflow: 'Check that the signature serving_default is the inference one.',
};
