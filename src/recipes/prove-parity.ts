import { readdir, stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { Case } from '../../schemas/case.ts';
import type { Conversion } from '../nouns/conversion.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { ModelSource } from '../nouns/model-source.ts';
import { readModel } from '../onnx/read-model.ts';
import { caseSignature } from '../validate/cases/case-signature.ts';
import { readCases } from '../validate/cases/read-cases.ts';
import { tensorsOf } from '../validate/cases/tensor-of-case.ts';
import { childLimits } from '../validate/runtime/child-limits.ts';
import { compareOutputs } from '../validate/runtime/compare-outputs.ts';
import { type RuntimeChild, withRuntimeChild } from '../validate/runtime/runtime-child.ts';
import { sessionOptions } from '../validate/runtime/session-options.ts';
import { ownCasesFailure, parityFailure } from './parity-failure.ts';
import { addDifference, type OutputFigures } from './parity-figures.ts';
import { isOurCase } from './put-conversion.ts';

export interface ParityOptions {
  readonly runtimeFolder: string;
  readonly signal: AbortSignal | undefined;
  readonly from: ModelSource['from'] | undefined;
}

/**
 * Holds an export against the original's own answers: runs every case in the locked runtime, those to keep (`cases/`) and the rest of
 * the samples (`held/`), and gives for each output how far it lies from what the original said.
 *
 * @throws Failure `convert/parity` (exit 6) where an answer lies beyond tolerance, with the case and what is known of such differences,
 * `convert/refused` where the runtime does not run it
 */
export async function proveParity(folder: string, options: ParityOptions): Promise<Conversion['parity']> {
  const path = join(folder, 'model.onnx');
  const signature = () => caseSignature(readModel(path).graph);
  const kept = await readCases(join(folder, 'cases'), signature);
  const held = await readCasesWhereAny(join(folder, 'held'), signature);
  const figures = await figuresOf(path, { kept, held }, options);
  const wrong = figures.filter((figure) => figure.wrong > 0);
  if (wrong.length > 0) throw parityFailure(wrong, options.from);
  return figures.map(({ wrong: _, where: __, mismatch: ___, ...parity }) => parity);
}

/**
 * Holds an export against the cases that the user has kept beside those of conversions.
 *
 * @throws Failure `convert/own-cases` (exit 6) where it answers one otherwise
 */
export async function proveOwnCases(modelPath: string, casesPath: string, options: ParityOptions): Promise<void> {
  const all = await readCasesWhereAny(casesPath, () => caseSignature(readModel(modelPath).graph));
  const kept = all.filter(({ name }) => !isOurCase(name));
  if (kept.length === 0) return;
  const wrong = (await figuresOf(modelPath, { kept, held: [] }, options)).filter((figure) => figure.wrong > 0);
  if (wrong.length > 0) throw ownCasesFailure(wrong, casesPath);
}

async function figuresOf(
  path: string,
  { kept, held }: { readonly kept: readonly Case[]; readonly held: readonly Case[] },
  { runtimeFolder, signal }: ParityOptions,
): Promise<readonly OutputFigures[]> {
  const { size } = await stat(path);
  const limits = childLimits(size, totalmem());
  return withRuntimeChild({ runtimeFolder, limits, ...(signal && { signal }) }, async (child) => {
    const created = await child.ask('create', {
      session: SESSION,
      model: { kind: 'file', path },
      options: sessionOptions('fast', { form: 'original' }),
    });
    if (created.outcome !== 'ok') throw refused(created);
    const found = new Map<string, OutputFigures>();
    for (const one of kept) await addCase(child, one, { found, isKept: true });
    for (const one of held) await addCase(child, one, { found, isKept: false });
    return [...found.values()];
  });
}

const SESSION = 'export';

async function readCasesWhereAny(...args: Parameters<typeof readCases>): Promise<readonly Case[]> {
  const names = await readdir(args[0]).catch(() => []);
  return names.length > 0 ? readCases(...args) : [];
}

async function addCase(
  child: RuntimeChild,
  one: Case,
  { found, isKept }: { readonly found: Map<string, OutputFigures>; readonly isKept: boolean },
): Promise<void> {
  const run = await child.ask('run', { session: SESSION, feeds: tensorsOf(one.inputs), keep: true });
  if (run.outcome !== 'ok' || run.value.values === null) throw refused(run, one.name);
  const wanted = tensorsOf(one.outputs);
  for (const difference of compareOutputs(wanted, run.value.values, one.tolerance ?? {})) {
    const { output } = difference;
    found.set(output, addDifference(found.get(output), difference, { one, wanted, found: run.value.values, isKept }));
  }
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
