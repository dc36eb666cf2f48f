import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Model, ValueType } from '../../../src/onnx/model.ts';
import { readModel } from '../../../src/onnx/read-model.ts';
import { renderDeclared } from '../../../src/validate/shapes/declared.ts';
import { type Fact, renderFact } from '../../../src/validate/shapes/fact.ts';
import { inferShapes } from '../../../src/validate/shapes/infer-shapes.ts';

/** Where upstream is known not to say what the runtime does. */
export const UPSTREAM_ERRS: ReadonlyMap<string, string> = new Map([
  ['test_stft_reals', 'ignores that `onesided` is 1 unless said otherwise; its own node tests do not'],
  ['test_STFT', 'the same, in a declaration written by hand'],
  ['test_resize_scale_precision_large_dim', 'multiplies in double precision; onnxruntime does in single'],
  ['test_CenterCropPad', 'the declared output does not follow from a scalar input'],
  ['test_StringConcat', 'declares a float output of an operator on strings'],
]);

interface Vector {
  readonly in: string | null;
  readonly out: string | null;
  readonly verdict: 'ok' | 'error';
  readonly test: string;
  readonly err: string | null;
}

export interface VectorAnswer {
  readonly test: string;
  readonly value: string;
  /** `more`: known to us, open upstream; `less`: the other way round. `missed`: an error upstream, no conflict here. */
  readonly kind: 'equal' | 'more' | 'less' | 'wrong' | 'excepted' | 'refused' | 'missed' | 'unreadable';
  readonly detail: string;
}

/** Holds what is inferred against what upstream's inference gave when its own tests ran. */
export function askVectors(file: string, folder: string): readonly VectorAnswer[] {
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
  return lines.flatMap((line, index) => askVector(JSON.parse(line) as Vector, join(folder, `${index}`)));
}

function askVector(vector: Vector, path: string): readonly VectorAnswer[] {
  const { test } = vector;
  const model = vector.in === null ? null : load(vector.in, `${path}.onnx`);
  if (!model) return [{ test, value: '', kind: 'unreadable', detail: '' }];
  const { values, conflicts } = inferShapes(model, { trustDeclarations: true });
  if (vector.verdict === 'error') {
    const detail = conflicts.map(({ message, found }) => `${message}: ${found}`).join('; ');
    return [
      { test, value: '', kind: conflicts.length > 0 ? 'refused' : 'missed', detail: detail || (vector.err ?? '') },
    ];
  }
  const inferred = vector.out === null ? null : load(vector.out, `${path}.out.onnx`);
  if (!inferred) return [];
  return [...inferred.graph.valueInfos, ...inferred.graph.outputs].flatMap(({ name, type }) => {
    const fact = values.get(name);
    if (!type || !fact) return [];
    const kind = compare(fact, type);
    const detail = `${renderFact(fact)}, upstream ${renderDeclared(type)}`;
    return [{ test, value: name, kind: kind === 'wrong' && isExcepted(test) ? 'excepted' : kind, detail }];
  });
}

function isExcepted(test: string): boolean {
  return [...UPSTREAM_ERRS.keys()].some((name) => new RegExp(`::${name}(\\[|$)`).test(test));
}

function load(base64: string, path: string): Model | null {
  writeFileSync(path, Buffer.from(base64, 'base64'));
  try {
    return readModel(path);
  } catch {
    return null;
  }
}

function compare(fact: Fact, type: ValueType): VectorAnswer['kind'] {
  if (fact.kind === 'unknown') return 'less';
  if (fact.kind === 'sequence' && type.kind === 'sequence')
    return type.element ? compare(fact.element, type.element) : 'more';
  if (fact.kind === 'optional' && type.kind === 'optional')
    return type.element ? compare(fact.element, type.element) : 'more';
  if (fact.kind === 'map' || type.kind === 'map') return fact.kind === type.kind ? 'equal' : 'wrong';
  if (fact.kind !== type.kind || (type.kind !== 'tensor' && type.kind !== 'sparse-tensor') || !('shape' in fact))
    return 'wrong';
  if (type.elementType !== fact.elementType && type.elementType !== 'undefined')
    return fact.elementType === 'undefined' ? 'less' : 'wrong';
  if (type.shape === null) return fact.shape === null ? 'equal' : 'more';
  if (fact.shape === null) return 'less';
  if (fact.shape.length !== type.shape.length) return 'wrong';
  const kinds = type.shape.map((dimension, axis) => {
    const size = fact.shape?.[axis] ?? 0;
    if (typeof size === 'number')
      return dimension === size ? 'equal' : typeof dimension === 'number' ? 'wrong' : 'more';
    if (typeof dimension === 'number') return 'less';
    // Upstream gives an unknown size a name of its own, too.
    const isOpen = dimension === null || dimension.startsWith('unk__');
    if (isOpen) return size.reason === null && dimension === null ? 'more' : 'equal';
    return size.text === dimension || size.reason === null ? 'equal' : 'less';
  });
  return (['wrong', 'less', 'more'] as const).find((kind) => kinds.includes(kind)) ?? 'equal';
}
