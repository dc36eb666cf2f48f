import { createReadStream, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import tar from 'tar-stream';
import type { ElementType, Model, ValueInfo } from '../../../src/onnx/model.ts';
import { readModel } from '../../../src/onnx/read-model.ts';
import { tensor } from '../../../src/validate/shapes/fact.ts';
import { inferShapes } from '../../../src/validate/shapes/infer-shapes.ts';
import { type Answer, compareFacts } from './node-cases.ts';

/** Written by scripts/record-shape-oracles.py: what a run of the model was fed with, and what each value was. */
interface Recording {
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly values: Readonly<Record<string, readonly [type: ElementType, shape: readonly number[]]>>;
}

const RECORDED = new URL('fixtures/recorded-shapes.tar.gz', import.meta.url);

/** Unpacks the recordings that are kept with the tests. */
export async function unpackRecorded(target: string): Promise<void> {
  const entries = createReadStream(RECORDED).pipe(createGunzip()).pipe(tar.extract());
  for await (const entry of entries) {
    writeFileSync(join(target, entry.header.name), Buffer.concat(await Readable.from(entry).toArray()));
  }
}

/** Names of the recorded models in a folder. */
export function recordedModels(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.onnx'));
  return names
    .map((name) => name.slice(0, -'.onnx'.length))
    .filter((name) => existsSync(join(folder, `${name}.shapes.json`)));
}

/** Infers the model for the shapes that it was fed with, given as shapes or as bounds of its symbols, and compares every value. */
export function askRecording(folder: string, name: string, mode: 'shapes' | 'symbols'): readonly Answer[] {
  const model = readModel(join(folder, `${name}.onnx`));
  const recording = JSON.parse(readFileSync(join(folder, `${name}.shapes.json`), 'utf8')) as Recording;
  const inputShapes = new Map(Object.entries(recording.inputs));
  const { values } = mode === 'shapes' ? inferShapes(model, { inputShapes }) : inferShapes(model);
  const sizes = mode === 'shapes' ? new Map<string, number>() : sizesOf(model, inputShapes);
  return Object.entries(recording.values).map(([output, [type, shape]]) => {
    const found = values.get(output) ?? { kind: 'unknown', reason: 'no value' };
    return { test: name, output, verdict: compareFacts(found, tensor(type, shape), sizes) };
  });
}

/** What each named dimension was. */
function sizesOf(model: Model, inputShapes: ReadonlyMap<string, readonly number[]>): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  const note = ({ name, type }: ValueInfo) =>
    type?.kind === 'tensor' &&
    type.shape?.forEach((dimension, axis) => {
      const size = inputShapes.get(name)?.[axis];
      if (typeof dimension === 'string' && size !== undefined) sizes.set(dimension, size);
    });
  model.graph.inputs.forEach(note);
  return sizes;
}
