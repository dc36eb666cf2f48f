import type { Plan } from '../../schemas/plan.ts';
import { composeImage, composeIndex, type Image, type Index } from '../container/image/compose.ts';
import { type Layer, packLayer } from '../container/image/layer.ts';
import { baseTree, baseTreeKey } from '../container/sources/base-tree.ts';
import { fetchDebianPackage } from '../container/sources/debian.ts';
import { nodeTree, nodeTreeKey } from '../container/sources/node-tree.ts';
import { fetchNpmPackage } from '../container/sources/npm.ts';
import { runtimeTree, runtimeTreeKey } from '../container/sources/runtime-tree.ts';
import { fileOf, type Tree } from '../container/tree.ts';
import { canonicalJson, type Json } from '../nouns/canonical-json.ts';
import { digestOf } from '../nouns/digest.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import { type Lock, type LockedFile, renderLock } from '../nouns/lock.ts';
import type { Platform } from '../nouns/platform.ts';
import type { Project } from '../project/read-project.ts';
import { RUNTIME_ENVIRONMENT } from '../validate/runtime/session-options.ts';
import type { AssayedProject } from './assay-record.ts';
import { imageConfig, labelsOf } from './image-config.ts';
import { wholeDigest } from './measure-model.ts';
import type { ServerBundle } from './server-bundle.ts';
import type { Workbench } from './workbench.ts';

export interface AssemblyFacts {
  readonly project: Project;
  readonly lock: Lock;
  readonly plan: Plan;
  readonly server: ServerBundle;
  readonly assayed: AssayedProject;
  readonly platforms: readonly Platform[];
}

/** Turns a lock into an image for each platform and the index over them. The same lock gives the same bytes anywhere. */
export async function assembleIndex(facts: AssemblyFacts, bench: Workbench): Promise<Index> {
  const mtime = sourceDate(bench.machine.env);
  // These layers are the same on every platform; packed first, they are found by their content afterwards.
  const shared = await both([serverLayer(facts, { mtime, bench }), modelLayer(facts, { mtime, bench })]);
  const images: Image[] = [];
  for (const platform of facts.platforms) {
    const layers = [...(await platformLayers(platform, { facts, mtime, bench })), ...shared];
    images.push(composeImage({ platform, layers, config: imageConfig(labelFacts(facts)), created: mtime }));
  }
  return composeIndex(images, { annotations: labelsOf(labelFacts(facts)) });
}

/** As Promise.all, but nothing goes on in the background when one fails. */
async function both<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

interface Packing {
  readonly mtime: number;
  readonly bench: Workbench;
}

/** The layers that change slowest, from the bottom up: base, Node, onnxruntime. */
async function platformLayers(
  platform: Platform,
  { facts, mtime, bench }: Packing & { facts: AssemblyFacts },
): Promise<readonly Layer[]> {
  const { lock, project } = facts;
  const packages = lock.base.packages[platform];
  const node = lock.node.packages[platform];
  if (!packages || !node) throw notLocked(platform, project);
  const { cache } = bench;
  const npm = { cache, fetch: (locked: Parameters<typeof fetchNpmPackage>[0]) => fetchNpmPackage(locked, bench) };
  const fetchDeb = async (locked: Parameters<typeof fetchDebianPackage>[0]) =>
    fetchDebianPackage(locked, { ...bench, mirrors: await bench.mirrors(project.config.sources.debian) });
  const base = { platform, packages, locales: lock.base.locales };
  const runtime = { platform, packages: lock.onnxruntime.packages };
  const recipes: readonly { name: string; cacheKey: string; tree: () => Promise<Tree> }[] = [
    { name: 'base', cacheKey: baseTreeKey(base), tree: () => baseTree(base, { cache, fetch: fetchDeb }) },
    { name: 'node', cacheKey: nodeTreeKey(node), tree: () => nodeTree(node, npm) },
    { name: 'onnxruntime', cacheKey: runtimeTreeKey(runtime), tree: () => runtimeTree(runtime, npm) },
  ];
  const layers: Layer[] = [];
  for (const { name, cacheKey, tree } of recipes) {
    bench.signal?.throwIfAborted();
    layers.push(await packLayer(tree, { name, compression: 'gzip', mtime, cacheKey, ...packingWith(bench) }));
  }
  return layers;
}

function packingWith({ cache, progress, signal }: Workbench) {
  return { cache, progress, ...(signal && { signal }) };
}

function serverLayer({ server, lock }: AssemblyFacts, { mtime, bench }: Packing): Promise<Layer> {
  const tree = () => [fileOf('app/server.mjs', server.bytes)];
  const cacheKey = canonicalJson({ layer: 'server', assembler: lock.assembler, digest: lock.server.digest });
  return packLayer(tree, { name: 'server', compression: 'gzip', mtime, cacheKey, ...packingWith(bench) });
}

/** Weights do not compress: the layer is a plain tar, hashed and written in one pass. */
function modelLayer({ plan, lock, assayed }: AssemblyFacts, { mtime, bench }: Packing): Promise<Layer> {
  const tree = (): Tree => [
    fileOf('app/plimsoll.lock', renderLock(lock)),
    fileOf('app/model/plan.json', canonicalJson(plan as Json, { indent: true })),
    ...lock.prepared.files.map((file, index) => modelEntry(file, assayed.places[index] ?? '')),
  ];
  const cacheKey = canonicalJson({
    layer: 'model',
    assembler: lock.assembler,
    lock: lock.seal,
    plan: digestOf(canonicalJson(plan as Json)),
  });
  return packLayer(tree, { name: 'model', compression: 'none', mtime, cacheKey, ...packingWith(bench) });
}

function modelEntry({ path, bytes }: LockedFile, place: string): Tree[number] {
  return { kind: 'file', path: `app/model/${path}`, mode: 0o644, content: { kind: 'file', path: place, size: bytes } };
}

function labelFacts({ project, lock }: AssemblyFacts) {
  return {
    name: project.name,
    modelDigest: wholeDigest(lock.model),
    lockDigest: lock.seal,
    form: lock.prepared.form,
    memoryBytes: project.config.budget.memory ?? null,
    sessionEnvironment: RUNTIME_ENVIRONMENT,
  };
}

/** The time of every file of the image, as reproducible builds agree on it: `SOURCE_DATE_EPOCH` in seconds, else the epoch. */
function sourceDate(env: Workbench['machine']['env']): number {
  const text = env.SOURCE_DATE_EPOCH;
  if (text === undefined || text === '') return 0;
  // A tar header holds eleven octal digits of seconds.
  if (/^\d+$/.test(text) && Number(text) < 8 ** 11) return Number(text);
  throw new Failure(`SOURCE_DATE_EPOCH is "${text}"; wanted whole seconds since 1970`, {
    code: 'usage/source-date',
    exit: EXIT.usage,
    mend: 'Set it to a number, for instance $(git log -1 --format=%ct), or unset it.',
  });
}

function notLocked(platform: Platform, { lockPath }: Project): Failure {
  return new Failure(`${lockPath} has nothing for ${platform}`, {
    code: 'lock/platform',
    exit: EXIT.usage,
    mend: `Add ${platform} to the key "platforms" of plimsoll.yaml and package again.`,
  });
}
