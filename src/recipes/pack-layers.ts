import { isBaseLayer } from '../container/image/base-layers.ts';
import { type Layer, type LayerOptions, packLayer } from '../container/image/layer.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { LockedLayer, LockedLayers } from '../nouns/lock.ts';
import type { Platform } from '../nouns/platform.ts';
import type { Assembly } from './assembly.ts';
import { type LayerRecipe, layerRecipes } from './layer-recipes.ts';
import { keptLayer, takeBaseLayer } from './take-base-layer.ts';
import { takeHeldLayer } from './take-held-layer.ts';
import type { Workbench } from './workbench.ts';

/** Groups of layers: those of a base belong together. */
export type PackedThing = 'base' | 'node' | 'onnxruntime' | 'server' | 'model';

export type PackedLayers = ReadonlyMap<Platform, readonly Layer[]>;

/**
 * The layers of each platform, from the bottom up. One that the lock names comes from the cache or from an image at hand; else it is
 * made of its packages, and where those cannot be had any more it is taken from an image in a registry.
 * @throws Failure `lock/not-reproduced` where what was made is not what the lock names.
 */
export async function packLayers(
  assembly: Assembly,
  platforms: readonly Platform[],
  bench: Workbench,
  { only }: { readonly only?: readonly PackedThing[] } = {},
): Promise<PackedLayers> {
  const packed = new Map<Platform, readonly Layer[]>();
  for (const platform of platforms) {
    const layers: Layer[] = [];
    for (const recipe of layerRecipes(platform, assembly, bench)) {
      bench.signal?.throwIfAborted();
      if (only && !only.includes(thingOf(recipe.name))) continue;
      layers.push(await layerOf(recipe, { platform, assembly, bench }));
    }
    packed.set(platform, layers);
  }
  return packed;
}

/** Which group a layer belongs to. */
export function thingOf(layerName: string): PackedThing {
  return isBaseLayer(layerName) ? 'base' : (layerName as PackedThing);
}

/** What a lock says of these layers. */
export function lockLayers(packed: PackedLayers, time: number): LockedLayers {
  const platforms = [...packed].map(([platform, layers]) => [
    platform,
    layers.map(({ name, mediaType, size, digest, diffId }) => ({ name, mediaType, bytes: size, digest, diffId })),
  ]);
  return { time, platforms: Object.fromEntries(platforms) };
}

interface Packing {
  readonly platform: Platform;
  readonly assembly: Assembly;
  readonly bench: Workbench;
}

async function layerOf(recipe: LayerRecipe, packing: Packing): Promise<Layer> {
  const { platform, assembly, bench } = packing;
  // Files of another time are other layers.
  const { locked: all, images, afresh } = assembly;
  const locked =
    all?.time === assembly.time ? all.platforms[platform]?.find(({ name }) => name === recipe.name) : undefined;
  if (locked === undefined) return make(recipe, packing);
  const near = () => takeHeldLayer(locked, images.near, bench);
  const known = afresh ? undefined : ((await keptLayer(locked, bench)) ?? (await near()));
  if (known) return known;
  try {
    const made = await make(recipe, packing);
    return afresh ? made : assertLocked(made, { locked, platform });
  } catch (error) {
    if (!(error instanceof Failure) || error.exit === EXIT.notReproducible) throw error;
    const held = (afresh ? await near() : undefined) ?? (await takeHeldLayer(locked, images.far, bench));
    if (held === undefined) throw error;
    bench.progress.note(`${recipe.name} for ${platform} is taken from an image that has it: ${error.message}`);
    return held;
  }
}

function make(recipe: LayerRecipe, { assembly, bench }: Packing): Promise<Layer> {
  if ('taken' in recipe) return takeBaseLayer(recipe.taken, assembly, bench);
  const { name, compression, tree } = recipe;
  const { cache, progress, signal } = bench;
  const options: LayerOptions = {
    name,
    compression,
    mtime: assembly.time,
    cache,
    progress,
    ...(!assembly.afresh && { cacheKey: recipe.cacheKey }),
    ...(assembly.ahead && name === 'model' && { begun: assembly.ahead }),
    ...(signal && { signal }),
  };
  return packLayer(tree, options);
}

function assertLocked(
  layer: Layer,
  { locked, platform }: { readonly locked: LockedLayer; readonly platform: Platform },
): Layer {
  if (layer.digest === locked.digest) return layer;
  const what = layer.diffId === locked.diffId ? 'the same files, compressed differently' : 'other files';
  throw new Failure(
    `the layer ${layer.name} for ${platform} came out as ${layer.digest}; the lock has ${locked.digest}: ${what}`,
    {
      code: 'lock/not-reproduced',
      exit: EXIT.notReproducible,
      mend: 'This release does not make what the lock was written for. Use the release that wrote it, or run plimsoll lock --update all and review what moves.',
    },
  );
}
