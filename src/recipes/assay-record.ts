import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaseTensor } from '../../schemas/case.ts';
import type { Cache } from '../cache/cache.ts';
import { canonicalJson, type Json } from '../nouns/canonical-json.ts';
import { type Digest, digestOf } from '../nouns/digest.ts';
import type { Finding } from '../nouns/finding.ts';
import type { GatheredFile } from '../nouns/gathered-file.ts';
import type { LockedFile } from '../nouns/lock.ts';
import type { Model } from '../onnx/model.ts';
import type { Equality } from '../validate/runtime/equality.ts';
import { type KeptWeights, keepWeights, recallWeights } from '../validate/runtime/gather-weights.ts';
import type { PreparationLevel } from '../validate/runtime/prepare-model.ts';
import type { Batchability } from '../validate/runtime/prove-batching.ts';

/** What the runtime said of a project's model, and the files that ship. */
export interface AssayedProject {
  readonly verdict: 'accepted' | 'refused' | 'inconclusive';
  readonly findings: readonly Finding[];
  readonly form: 'prepared' | 'original';
  /** Why the model ships as it is; `null` for a prepared one. */
  readonly reason: string | null;
  readonly level: string;
  /** What a run needs at the bounds in the runtime's own order of nodes, and in the one that ships; `null` where that stays. */
  readonly reordered: { readonly fromBytes: number; readonly toBytes: number } | null;
  /**
   * Where these bytes come out: on `any` processor, or on this one alone, as with half precision, which the runtime casts to single
   * where the processor has no instructions for it.
   */
  readonly processor: 'any' | 'x64' | 'arm64';
  /** How far prepared and original lie apart on the same inputs; `null` where they were not compared. */
  readonly equality: EqualityFacts | null;
  /** Whether requests may share a run of it. */
  readonly batching: Batchability;
  /** The ONNX file first; paths are names in the image's model folder. */
  readonly files: readonly LockedFile[];
  /** Where each of the files lies, in the same order, or what it is gathered from, where it lies in a layer alone. */
  readonly places: readonly (string | GatheredFile)[];
  /** Whether an earlier run had done the work. */
  readonly reused: boolean;
}

export interface EqualityFacts {
  readonly state: Equality['state'];
  /** Over all elements of all outputs. */
  readonly largestAbsolute: number;
  /** Relative to the largest value of its output. */
  readonly largestRelative: number;
}

const RECORD = 'assay.json';
/** Raised when what an assay does or writes changes, so that what older versions cached is not taken for this one's. */
const ASSAY_VERSION = 13;

/**
 * Under which the cache keeps an assay: of one model by one runtime, at certain bounds, with its nodes in order for what will load it, and fed
 * with certain inputs.
 */
export function assayKey(facts: {
  readonly digest: Digest;
  readonly runtime: Digest;
  readonly bounds: Readonly<Record<string, number>>;
  /** What else decides about the graph that ships. */
  readonly shippedFor: Json;
  readonly example: readonly CaseTensor[] | undefined;
}): string {
  const { digest, runtime, bounds, shippedFor, example } = facts;
  const fed = example === undefined ? null : digestOf(JSON.stringify(example));
  return canonicalJson({ assay: ASSAY_VERSION, digest, runtime, bounds, shippedFor, fed });
}

/** Under which the cache keeps a model as one runtime has prepared it, before its nodes are ordered for certain bounds. */
export function preparationKey(model: Prepared, level: PreparationLevel): string {
  return canonicalJson({ preparation: PREPARATION_VERSION, ...identityOf(model), level });
}

/** Under which the cache remembers the level at which a model was proven equal. */
export function levelKey(model: Prepared): string {
  return canonicalJson({ provenLevel: PREPARATION_VERSION, ...identityOf(model) });
}

/** Raised when preparing writes other bytes. */
const PREPARATION_VERSION = 4;

interface Prepared {
  readonly digest: Digest;
  readonly runtime: Digest;
}

function identityOf({ digest, runtime }: Prepared): { readonly [key: string]: Json } {
  return { digest, runtime };
}

/** An earlier assay, where the cache has one. */
export async function recallAssay(
  key: string,
  { model, cache }: { readonly model: Model; readonly cache: Pick<Cache, 'findFolder'> },
): Promise<AssayedProject | undefined> {
  const folder = await cache.findFolder(key, { check: 'sizes' });
  return folder === undefined ? undefined : readAssay(folder, model);
}

/** An assay as it is written down. */
interface Kept extends Omit<AssayedProject, 'places' | 'reused'> {
  /** Of the original's files, where they ship; by name in the assay's folder otherwise. */
  readonly places: readonly (string | KeptWeights)[];
}

/** Writes an assay of a model down, beside what it has made. */
export async function writeAssay(folder: string, assayed: AssayedProject, model: Model): Promise<void> {
  const places = assayed.places.map((place) => (typeof place === 'string' ? place : keepWeights(place, model)));
  const kept: Kept = { ...assayed, places };
  await writeFile(join(folder, RECORD), canonicalJson(kept as unknown as Json));
}

export async function readAssay(folder: string, model: Model): Promise<AssayedProject> {
  const kept = JSON.parse(await readFile(join(folder, RECORD), 'utf8')) as Kept;
  const places = kept.files.map((file, index) => {
    const place = kept.places[index] ?? file.path;
    if (typeof place !== 'string') return recallWeights(place, { model, folder });
    return kept.form === 'prepared' ? join(folder, file.path) : place;
  });
  return { ...kept, places, reused: true };
}

/** Where the graph lies that ships: that is always a file. */
export function graphPath({ places }: Pick<AssayedProject, 'places'>): string {
  const [graph] = places;
  if (typeof graph !== 'string') throw new TypeError('nothing ships, or it has no file of its own');
  return graph;
}
