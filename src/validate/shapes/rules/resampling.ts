import { normalizeAxes } from '../axes.ts';
import { Contradiction } from '../contradiction.ts';
import type { Element, Sizes } from '../fact.ts';
import { imageShape } from '../layout.ts';
import type { NodeContext } from '../node-context.ts';
import { output, type RuleTable, typeOf } from '../rule.ts';
import { multiply } from '../size/arithmetic.ts';
import { floorDivide } from '../size/division.ts';
import type { Size } from '../size/size.ts';

export const resampling: RuleTable = {
  Resize: output(typeOf(0), resize),
  Upsample: output(typeOf(0), upsample),
  GridSample: output(typeOf(0), (context) => {
    const shape = context.shape(0);
    const { batch, channels } = imageShape(shape);
    return [batch, channels, ...context.shapeOfRank(1, shape.length).slice(1, -1)];
  }),
  AffineGrid: output(typeOf(0), (context) => {
    const [batch = 1, , ...spatial] = context.sizesFrom(1);
    return [batch, ...spatial, spatial.length];
  }),
};

/** New sizes as given, or the old ones times the scales; the inputs are counted from 2 since version 11. */
function resize(context: NodeContext): Sizes {
  const shape = context.shape(0);
  const [scalesInput, sizesInput] = context.version < 11 ? [1, 2] : [2, 3];
  const axes = normalizeAxes(context.ints('axes') ?? shape.map((_, axis) => axis), shape.length);
  for (const [name, index] of [
    ['sizes', sizesInput],
    ['scales', scalesInput],
  ] as const) {
    if (isGiven(context, index)) assertOneFor(context, { name, index, count: axes.length });
  }
  if (!context.has(scalesInput) && !context.has(sizesInput)) {
    throw new Contradiction('neither sizes nor scales are given', { wanted: 'one of them' });
  }
  // Version 11 has scales that nobody reads stand beside the sizes.
  if (
    context.version >= 13 &&
    [scalesInput, sizesInput].every((index) => context.shapeIfKnown(index) !== null && isGiven(context, index))
  ) {
    throw new Contradiction('both sizes and scales are given', { wanted: 'one of them' });
  }
  if (isGiven(context, sizesInput)) return resizeTo(context, { shape, axes, sizes: context.counts(sizesInput) });
  return scaleAxes(context, { shape, axes, scales: context.elements(scalesInput) });
}

/** Their number is known from their shape, also where they are not. */
function assertOneFor(
  context: NodeContext,
  { name, index, count }: { name: string; index: number; count: number },
): void {
  if (context.shapeIfKnown(index) === null) return;
  const [found = 0] = context.shapeOfRank(index, 1);
  if (typeof found === 'number' && found !== count) throw wrongCount(name, found, count);
}

/** Exporters leave an input out by an empty tensor, too. */
function isGiven(context: NodeContext, index: number): boolean {
  return context.has(index) && context.shapeIfKnown(index)?.[0] !== 0;
}

interface Resizing {
  readonly shape: Sizes;
  readonly axes: readonly number[];
}

function resizeTo(context: NodeContext, { shape, axes, sizes }: Resizing & { readonly sizes: Sizes | null }): Sizes {
  if (!sizes) return shape.map((size, axis) => (axes.includes(axis) ? context.dependsOnData() : size));
  if (sizes.length !== axes.length) throw wrongCount('sizes', sizes.length, axes.length);
  const policy = context.text('keep_aspect_ratio_policy', 'stretch');
  if (policy === 'stretch') return shape.map((size, axis) => sizes[axes.indexOf(axis)] ?? size);
  const ratios = axes.map((axis, at) => Number(sizes[at]) / Number(shape[axis]));
  const ratio = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return shape.map((size, axis) => {
    if (!axes.includes(axis)) return size;
    return Number.isFinite(ratio) ? Math.round(ratio * Number(size)) : context.dependsOnData();
  });
}

function scaleAxes(
  context: NodeContext,
  { shape, axes, scales }: Resizing & { readonly scales: readonly Element[] | null },
): Sizes {
  if (!scales) return shape.map((size, axis) => (axes.includes(axis) ? context.dependsOnData() : size));
  if (scales.length !== axes.length) throw wrongCount('scales', scales.length, axes.length);
  return shape.map((size, axis) => {
    const at = axes.indexOf(axis);
    return at < 0 ? size : (scale(size, scales[at] ?? null) ?? context.dependsOnData());
  });
}

/** Scales were attributes before version 9, each of them named before version 7. */
function upsample(context: NodeContext): Sizes {
  const shape = context.shape(0);
  const axes = shape.map((_, axis) => axis);
  if (context.has(1)) return scaleAxes(context, { shape, axes, scales: context.elements(1) });
  const list = context.attribute('scales');
  const scales =
    list?.kind === 'floats' ? list.values() : [1, 1, context.float('height_scale', 1), context.float('width_scale', 1)];
  return scaleAxes(context, { shape, axes, scales });
}

/** Powers of two whose multiples single-precision scales of 1/2, 3/4 and the like are. */
const DENOMINATORS = [1, 2, 4, 8, 16, 32];

/** Rounded down after a product in single precision, which is how onnxruntime computes it. */
function scale(size: Size, factor: Element): Size | null {
  if (typeof factor !== 'number' || !(factor > 0)) return null;
  if (typeof size === 'number') return Math.floor(Math.fround(Math.fround(factor) * Math.fround(size)));
  const denominator = DENOMINATORS.find((candidate) => Number.isSafeInteger(factor * candidate));
  return denominator === undefined ? null : floorDivide(multiply(size, factor * denominator), denominator);
}

function wrongCount(name: string, found: number, wanted: number): Contradiction {
  return new Contradiction(`there is one of the ${name} for each axis`, {
    found: String(found),
    wanted: String(wanted),
  });
}
