import { normalizeAxes } from '../axes.ts';
import { Contradiction } from '../contradiction.ts';
import type { Element, Sizes } from '../fact.ts';
import { imageShape, layOut } from '../layout.ts';
import type { NodeContext } from '../node-context.ts';
import { sum } from '../size/arithmetic.ts';
import type { Size } from '../size/size.ts';

/** Each axis grows by what stands before and after it; negative amounts crop. */
export function pad(context: NodeContext): Sizes {
  const shape = context.shape(0);
  const axes = paddedAxes(context, shape.length);
  const amounts: readonly Element[] | null = amountsOf(context);
  if (!amounts || !axes) return shape.map(() => context.dependsOnData());
  if (amounts.length !== axes.length * 2) {
    throw new Contradiction('there are two amounts for each padded axis', {
      found: `${amounts.length} amounts`,
      wanted: String(axes.length * 2),
    });
  }
  return shape.map((size, axis) => {
    const at = axes.indexOf(axis);
    if (at < 0) return size;
    const [before, after] = [amounts[at] ?? null, amounts[at + axes.length] ?? null];
    return isWhole(before) && isWhole(after) ? sum([size, before, after]) : context.dependsOnData();
  });
}

/** An input since version 11; an attribute before, called `paddings` in version 1. */
function amountsOf(context: NodeContext): readonly Element[] | null {
  if (context.version >= 11 || context.has(1)) return context.elements(1);
  return context.ints('pads') ?? context.ints('paddings') ?? [];
}

function paddedAxes(context: NodeContext, rank: number): readonly number[] | null {
  if (!context.has(3)) return Array.from({ length: rank }, (_, axis) => axis);
  const axes = context.integers(3);
  return axes && normalizeAxes(axes, rank);
}

function isWhole(amount: Element): amount is Size {
  return amount !== null && (typeof amount !== 'number' || Number.isSafeInteger(amount));
}

/** The experimental `Crop`: its border is left, top, right, bottom, or a size is given from the upper left. */
export function crop(context: NodeContext): Sizes {
  const { batch, channels, spatial } = imageShape(context.shapeOfRank(0, 4));
  const [left = 0, top = 0, right = 0, bottom = 0] = context.ints('border') ?? [];
  const size = context.ints('scale');
  const kept = size ?? [sum([spatial[0] ?? 1, -top, -bottom]), sum([spatial[1] ?? 1, -left, -right])];
  return layOut({ batch, channels, spatial: kept });
}
