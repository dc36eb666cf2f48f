import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeGathered } from '../src/cache/write-gathered.ts';
import { mayLinkData, placeData } from '../src/onnx/place-data.ts';
import { readModel } from '../src/onnx/read-model.ts';
import { writeModel } from '../src/onnx/write-model.ts';
import { inLeastOrder } from '../src/validate/runtime/order-prepared.ts';
import { DATA_FILE, MODEL_FILE, prepareModel, sourceOf } from '../src/validate/runtime/prepare-model.ts';
import { withRuntimeChild } from '../src/validate/runtime/runtime-child.ts';
import type { Profile } from '../src/validate/runtime/session-options.ts';
import { measureMemory, type Sizes, type Truth } from './memory-truth.ts';

/** A model of the zoo as the runtime prepares it, and the shapes it is measured at. */
export interface ZooModel {
  readonly name: string;
  /** As bench/make-zoo.py made it. */
  readonly original: string;
  readonly prepared: string;
  /** From the smallest to the largest. */
  readonly shapes: readonly Sizes[];
}

/** The models that bench/make-zoo.py wrote to a folder, prepared there once by the runtime. */
export async function openZoo(
  folder: string,
  runtimeFolder: string,
  only: readonly string[] = [],
): Promise<readonly ZooModel[]> {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.onnx'))
    .map((name) => name.slice(0, -'.onnx'.length))
    .filter((name) => only.length === 0 || only.includes(name));
  const models: ZooModel[] = [];
  for (const name of names) {
    const original = join(folder, `${name}.onnx`);
    const shapes = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Sizes[];
    models.push({
      name,
      original,
      shapes,
      prepared: await prepare(original, join(folder, 'prepared', name), runtimeFolder),
    });
  }
  return models;
}

async function prepare(path: string, folder: string, runtimeFolder: string): Promise<string> {
  const prepared = join(folder, MODEL_FILE);
  if (existsSync(prepared)) return prepared;
  const model = readModel(path);
  const limits = { timeoutMs: 120_000, memoryBytes: 4 * 2 ** 30 };
  const outcome = await withRuntimeChild({ runtimeFolder, limits }, (child) =>
    prepareModel(child, { model, source: sourceOf(model), folder }),
  );
  if (outcome.outcome !== 'ok') throw new Error(`${path}: ${JSON.stringify(outcome)}`);
  for (const file of outcome.value.files) if (file.gathered) await writeGathered(file.gathered, file.path);
  return prepared;
}

/** The form in which `plimsoll package` ships a model for a profile, with its largest shape as the bounds. Made anew: its order is the plan's. */
export async function shippedFor(profile: Profile, { prepared, shapes }: ZooModel): Promise<string> {
  const folder = join(dirname(prepared), profile);
  const path = join(folder, MODEL_FILE);
  mkdirSync(folder, { recursive: true });
  const first = readModel(prepared);
  const { model } = inLeastOrder(first, { bounds: shapes.at(-1) ?? {}, profile });
  const data = join(dirname(prepared), DATA_FILE);
  if (existsSync(data)) await placeData(data, join(folder, DATA_FILE), { mayLink: mayLinkData(first) });
  await writeModel({ ...model, path }, path, { externalData: 'keep' });
  return path;
}

/** The measurement of a model, from the last time if its file has not changed since. */
export async function truthOf(
  model: ZooModel,
  {
    folder,
    profile,
    runtimeFolder,
  }: { readonly folder: string; readonly profile: Profile; readonly runtimeFolder: string },
): Promise<Truth> {
  const stamp = createHash('sha256')
    .update(readFileSync(model.prepared))
    .update(JSON.stringify(model.shapes))
    .digest('hex');
  const room = join(folder, 'truth');
  mkdirSync(room, { recursive: true });
  const file = join(room, `${model.name}.${profile}.json`);
  if (existsSync(file)) {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as { readonly stamp: string; readonly truth: Truth };
    if (kept.stamp === stamp) return kept.truth;
  }
  const truth = await measureMemory(model.prepared, { profile, runtimeFolder, shapes: model.shapes });
  writeFileSync(file, JSON.stringify({ stamp, truth }));
  return truth;
}
