import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Model, ValueInfo } from '../../../src/onnx/model.ts';
import { readModel } from '../../../src/onnx/read-model.ts';
import { type Fact, renderFact, type Sizes, tensor } from '../../../src/validate/shapes/fact.ts';
import { type InferOptions, inferShapes } from '../../../src/validate/shapes/infer-shapes.ts';
import { evaluateSize } from '../../../src/validate/shapes/size/evaluate.ts';
import { upperBound } from '../../../src/validate/shapes/size/range.ts';
import { namedSize, reasonOf } from '../../../src/validate/shapes/size/size.ts';
import { decodeCaseValue } from './case-values.ts';

/** What is said about one output of one case. */
export type Verdict =
  | { readonly kind: 'equal' }
  /** Right as far as it goes, open where the reason says. */
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'wrong'; readonly found: string; readonly wanted: string };

export interface Answer {
  readonly test: string;
  readonly output: string;
  readonly verdict: Verdict;
}

export interface NodeCase {
  readonly test: string;
  readonly model: Model;
  readonly inputs: ReadonlyMap<string, Fact>;
  readonly outputs: ReadonlyMap<string, Fact>;
}

/** How much of the inputs the inference is told. */
export type Mode = 'shapes' | 'values' | 'symbols';

/** Every data set of every test below a folder of node tests. */
export function* nodeCases(folder: string): Generator<NodeCase> {
  for (const test of readdirSync(folder).sort()) {
    const model = readModel(join(folder, test, 'model.onnx'));
    const sets = readdirSync(join(folder, test)).filter((name) => name.startsWith('test_data_set_'));
    for (const set of sets.sort()) {
      const read = (kind: string, infos: readonly ValueInfo[]) => readValues(join(folder, test, set), { kind, infos });
      yield { test, model, inputs: read('input', model.graph.inputs), outputs: read('output', model.graph.outputs) };
    }
  }
}

/** Infers the case and holds each output against the recorded one. */
export function askCase({ test, model, inputs, outputs }: NodeCase, mode: Mode): readonly Answer[] {
  const { options, sizes } = optionsFor(mode, inputs);
  const { values } = inferShapes(model, options);
  return [...outputs].map(([output, wanted]) => {
    const found = values.get(output) ?? { kind: 'unknown', reason: 'no value' };
    return { test, output, verdict: compareFacts(found, wanted, sizes) };
  });
}

function readValues(
  folder: string,
  { kind, infos }: { readonly kind: string; readonly infos: readonly ValueInfo[] },
): ReadonlyMap<string, Fact> {
  const values = new Map<string, Fact>();
  infos.forEach(({ name, type }, index) => {
    const file = join(folder, `${kind}_${index}.pb`);
    try {
      values.set(name, decodeCaseValue(readFileSync(file), type));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  });
  return values;
}

function optionsFor(
  mode: Mode,
  inputs: ReadonlyMap<string, Fact>,
): { options: InferOptions; sizes: ReadonlyMap<string, number> } {
  const sizes = new Map<string, number>();
  const inputFacts = new Map([...inputs].map(([name, fact]) => [name, mode === 'values' ? fact : withoutValues(fact)]));
  if (mode !== 'symbols') return { options: { inputFacts }, sizes };
  inputs.forEach((fact, name) => {
    if (fact.kind !== 'tensor' || !fact.shape) return;
    const shape = fact.shape.map((size, axis) => {
      const symbol = `${name.replaceAll(/\W/g, '_')}_${axis}`;
      sizes.set(symbol, Number(size));
      return namedSize(/^\d/.test(symbol) ? `n${symbol}` : symbol);
    });
    for (const [symbol, size] of [...sizes]) if (/^\d/.test(symbol)) sizes.set(`n${symbol}`, size);
    inputFacts.set(name, tensor(fact.elementType, shape));
  });
  return { options: { inputFacts }, sizes };
}

function withoutValues(fact: Fact): Fact {
  switch (fact.kind) {
    case 'tensor':
      return { ...fact, elements: null };
    case 'sequence':
      return { ...fact, items: fact.items?.map(withoutValues) ?? null, element: withoutValues(fact.element) };
    case 'optional':
      return { ...fact, element: withoutValues(fact.element) };
    default:
      return fact;
  }
}

/** Holds what was inferred against what was, symbols standing for `sizes`. */
export function compareFacts(found: Fact, wanted: Fact, sizes: ReadonlyMap<string, number> = new Map()): Verdict {
  if (wanted.kind === 'unknown') return { kind: 'equal' };
  if (found.kind === 'unknown') return { kind: 'unknown', reason: found.reason };
  if (found.kind === 'sequence' && wanted.kind === 'sequence') {
    for (const [index, item] of (wanted.items ?? []).entries()) {
      const verdict = compareFacts(found.items?.[index] ?? found.element, item, sizes);
      if (verdict.kind !== 'equal') return verdict;
    }
    if (found.length === null) return { kind: 'unknown', reason: 'length of the sequence' };
    return evaluateSize(found.length, sizes) === wanted.length ? { kind: 'equal' } : wrong(found, wanted);
  }
  if (found.kind === 'optional' && wanted.kind === 'optional') {
    return wanted.present === false ? { kind: 'equal' } : compareFacts(found.element, wanted.element, sizes);
  }
  if (found.kind === 'tensor' && wanted.kind === 'tensor') {
    if (found.elementType === 'undefined') return { kind: 'unknown', reason: 'element type' };
    if (found.elementType !== wanted.elementType) return wrong(found, wanted);
    if (found.shape === null) return { kind: 'unknown', reason: found.reason ?? 'no reason is given' };
    return compareShapes(found.shape, { wanted: wanted.shape ?? [], sizes }) ?? wrong(found, wanted);
  }
  // A case may hold the bare value of an optional.
  if (found.kind === 'optional') return compareFacts(found.element, wanted, sizes);
  return wrong(found, wanted);
}

/** `null` where they differ, or where the truth is above a bound that was said to hold. */
function compareShapes(
  found: Sizes,
  { wanted, sizes }: { readonly wanted: Sizes; readonly sizes: ReadonlyMap<string, number> },
): Verdict | null {
  if (found.length !== wanted.length) return null;
  let open: string | null = null;
  for (const [axis, size] of found.entries()) {
    const real = Number(wanted[axis]);
    const value = evaluateSize(size, sizes);
    const most = upperBound(size);
    if (value !== null && value !== real) return null;
    if (most !== null && sizes.size === 0 && real > most) return null;
    if (value === null) open = reasonOf(size) ?? 'cannot be evaluated';
  }
  return open === null ? { kind: 'equal' } : { kind: 'unknown', reason: open };
}

function wrong(found: Fact, wanted: Fact): Verdict {
  return { kind: 'wrong', found: renderFact(found), wanted: renderFact(wanted) };
}
