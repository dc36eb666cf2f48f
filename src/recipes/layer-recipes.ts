import { baseLayerName } from '../container/image/base-layers.ts';
import { encodingNamed } from '../container/image/encoders.ts';
import type { LayerOptions } from '../container/image/layer.ts';
import { baseTree, baseTreeKey } from '../container/sources/base-tree.ts';
import { fetchDebianPackage } from '../container/sources/debian.ts';
import { nodeTree, nodeTreeKey } from '../container/sources/node-tree.ts';
import { fetchNpmPackage } from '../container/sources/npm.ts';
import { runtimeTree, runtimeTreeKey } from '../container/sources/runtime-tree.ts';
import { fileOf, type LayerEntry, type LayerTree } from '../container/tree.ts';
import { canonicalJson, type Json } from '../nouns/canonical-json.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { LockedDebianPackage, LockedLayer, LockedNpmPackage } from '../nouns/lock.ts';
import type { Platform } from '../nouns/platform.ts';
import type { Assembly } from './assembly.ts';
import { modelPath, PLAN_PATH } from './model-paths.ts';
import type { Workbench } from './workbench.ts';

/** How one layer comes about: it is made of a tree, or taken as it is from the image that is built upon. */
export type LayerRecipe = TreeRecipe | TakenLayer;

export interface TakenLayer {
  readonly name: string;
  readonly taken: LockedLayer;
}

export interface TreeRecipe {
  readonly name: string;
  readonly compression: LayerOptions['compression'];
  /** Says what the tree holds: equal keys, equal trees. */
  readonly cacheKey: string;
  readonly tree: () => Promise<LayerTree>;
}

/** The layers of a platform's image from the bottom up, those first that change slowest: a new model moves the last alone. */
export function layerRecipes(platform: Platform, assembly: Assembly, bench: Workbench): readonly LayerRecipe[] {
  return [...platformLayers(platform, assembly, bench), serverLayer(assembly), modelLayer(assembly)];
}

function platformLayers(platform: Platform, assembly: Assembly, bench: Workbench): readonly LayerRecipe[] {
  const { parts } = assembly;
  const node = parts.node.packages[platform];
  if (!node) throw notLocked(platform);
  const { cache } = bench;
  const npm = { cache, fetch: (locked: LockedNpmPackage) => fetchNpmPackage(locked, bench) };
  const runtime = { platform, packages: parts.onnxruntime.packages };
  const compression = encodingNamed(parts.encoder);
  return [
    ...baseLayers(platform, assembly, bench),
    { name: 'node', compression, cacheKey: nodeTreeKey(node), tree: () => nodeTree(node, npm) },
    { name: 'onnxruntime', compression, cacheKey: runtimeTreeKey(runtime), tree: () => runtimeTree(runtime, npm) },
  ];
}

function baseLayers(platform: Platform, { parts, sources }: Assembly, bench: Workbench): readonly LayerRecipe[] {
  if (parts.base.distribution === 'image') {
    const image = parts.base.platforms[platform];
    if (!image) throw notLocked(platform);
    return image.layers.map((layer, index) => {
      const name = baseLayerName(index);
      return { name, taken: { name, ...layer } };
    });
  }
  const packages = parts.base.packages[platform];
  if (!packages) throw notLocked(platform);
  const base = { platform, packages, locales: parts.base.locales };
  const fetch = (locked: LockedDebianPackage) =>
    fetchDebianPackage(locked, {
      ...bench,
      mirrors: () => bench.mirrors(sources.debian),
      archives: sources.archive ?? bench.archives,
    });
  return [
    {
      name: baseLayerName(),
      compression: encodingNamed(parts.encoder),
      cacheKey: baseTreeKey(base),
      tree: () => baseTree(base, { cache: bench.cache, fetch }),
    },
  ];
}

function serverLayer({ parts, server }: Assembly): LayerRecipe {
  const { assembler } = parts;
  return {
    name: 'server',
    compression: encodingNamed(parts.encoder),
    cacheKey: canonicalJson({ layer: 'server', assembler, digest: parts.server.digest }),
    tree: async () => [fileOf('app/server.mjs', await server())],
  };
}

/** Weights do not compress: the layer is a plain tar, hashed and written in one pass. */
function modelLayer({ parts, planText, modelFile }: Assembly): LayerRecipe {
  const { assembler, prepared } = parts;
  return {
    name: 'model',
    compression: 'none',
    cacheKey: canonicalJson({ layer: 'model', assembler, plan: parts.plan.digest, prepared: prepared as Json }),
    tree: async () => [
      fileOf(PLAN_PATH, await planText()),
      ...(await Promise.all(
        prepared.files.map(async (file): Promise<LayerEntry> => {
          const place = await modelFile(file);
          const content =
            typeof place === 'string'
              ? ({ kind: 'file', path: place, size: file.bytes } as const)
              : ({ kind: 'gathered', file: place } as const);
          return { kind: 'file', path: modelPath(file.path), mode: 0o644, content };
        }),
      )),
    ],
  };
}

function notLocked(platform: Platform): Failure {
  return new Failure(`the lock has nothing for ${platform}`, {
    code: 'lock/platform',
    exit: EXIT.usage,
    mend: `Add ${platform} to the key "platforms" of plimsoll.yaml and package again.`,
  });
}
