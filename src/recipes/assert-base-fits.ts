import { unfitBase } from '../container/base/base-failure.ts';
import { bundleProblems } from '../container/base/bundle-problems.ts';
import { unpackBlob } from '../container/held/unpack-blob.ts';
import { baseLayerName } from '../container/image/base-layers.ts';
import { canonicalJson } from '../nouns/canonical-json.ts';
import type { BaseImage, ImageBase } from '../nouns/lock.ts';
import { PLATFORMS, type Platform } from '../nouns/platform.ts';
import type { Assembly } from './assembly.ts';
import { layerRecipes, type TreeRecipe } from './layer-recipes.ts';
import { takeBaseLayer } from './take-base-layer.ts';
import { tryBase } from './try-base.ts';
import type { Workbench } from './workbench.ts';

/** To be raised with every change to what is asked of a base. */
const VERSION = 1;

/**
 * Holds the image that is built upon against what is put on it: its C and C++ libraries have all that Node and the runtime ask of
 * them, nothing of it lies where the bundle goes, and where an engine is there the runtime is started on it. Done once for each base
 * and bundle. Throws `base/unfit`, with all reasons, and `base/does-not-run`.
 */
export async function assertBaseFits(
  assembly: Assembly,
  platforms: readonly Platform[],
  bench: Workbench,
): Promise<void> {
  const { base } = assembly.parts;
  if (base.distribution !== 'image') return;
  for (const platform of platforms) {
    const image = base.platforms[platform];
    if (image) await assertPlatformFits(platform, { base, image, assembly, bench });
  }
}

interface Fitting {
  readonly base: ImageBase;
  readonly image: BaseImage;
  readonly assembly: Assembly;
  readonly bench: Workbench;
}

async function assertPlatformFits(platform: Platform, fitting: Fitting): Promise<void> {
  const { base, image, assembly, bench } = fitting;
  const recipes = layerRecipes(platform, assembly, bench).filter(
    (recipe): recipe is TreeRecipe => 'tree' in recipe && ['node', 'onnxruntime'].includes(recipe.name),
  );
  const facts = {
    base: VERSION,
    layers: image.layers.map(({ diffId }) => diffId),
    environment: image.environment,
    locales: base.locales,
    bundle: recipes.map(({ cacheKey }) => cacheKey),
  };
  const checked = canonicalJson({ what: 'base fits', ...facts });
  if ((await bench.cache.recall(checked)) === undefined) {
    const step = bench.progress.step(`check the base for ${platform}`);
    const problems = await problemsOf(recipes, { ...fitting, platform });
    step.done(problems.length === 0 ? '' : 'unfit');
    if (problems.length > 0) throw unfitBase(`${base.name} for ${platform}`, problems);
    await bench.cache.remember(checked, { fits: true });
  }
  const tried = canonicalJson({ what: 'base runs', ...facts });
  if ((await bench.cache.recall(tried)) !== undefined) return;
  if (await tryBase(platform, { base, image, assembly, bench })) await bench.cache.remember(tried, { runs: true });
}

async function problemsOf(
  recipes: readonly TreeRecipe[],
  { base, image, assembly, bench, platform }: Fitting & { readonly platform: Platform },
): Promise<readonly string[]> {
  const layers = [];
  for (const [index, locked] of image.layers.entries()) {
    const name = baseLayerName(index);
    const { path, diffId } = await takeBaseLayer({ name, ...locked }, assembly, bench);
    layers.push({ diffId, open: () => unpackBlob(path, `layer ${index + 1} of ${base.name}`) });
  }
  const bundle = (await Promise.all(recipes.map(({ tree }) => tree()))).flat();
  const { environment } = image;
  const facts = { platform: PLATFORMS[platform], bundle, environment, locales: base.locales };
  return bundleProblems({ name: base.name, layers }, facts);
}
