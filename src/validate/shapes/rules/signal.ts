import { normalizeAxis, sizeAt, withSize } from '../axes.ts';
import { Contradiction } from '../contradiction.ts';
import type { Sizes } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import { output, type RuleTable, typeOf } from '../rule.ts';
import { add, multiply, subtract } from '../size/arithmetic.ts';
import { floorDivide } from '../size/division.ts';
import type { Size } from '../size/size.ts';

export const signal: RuleTable = {
  DFT: output(typeOf(0), fourierTransform),
  STFT: output(typeOf(0), windowedFourierTransform),
};

/** Along one axis; the last one holds the real and imaginary parts. */
function fourierTransform(context: NodeContext): Sizes {
  const shape = context.shape(0);
  const given = context.version < 20 ? context.int('axis', 1) : context.has(2) ? context.scalar(2) : -2;
  if (typeof given !== 'number') return alongAnyAxis(context, shape);
  const axis = normalizeAxis(given, shape.length);
  if (axis === shape.length - 1)
    throw new Contradiction('the last axis holds the parts of complex numbers', { found: `axis ${given}`, input: 2 });
  const [isOneSided, isInverse] = [context.flag('onesided'), context.flag('inverse')];
  const whole = sizeAt(shape, axis);
  const natural: Size = isOneSided && isInverse ? multiply(subtract(whole, 1), 2) : whole;
  const length = context.has(1) ? context.count(1) : natural;
  const transformed = withSize(shape, axis, isOneSided && !isInverse ? add(floorDivide(length, 2), 1) : length);
  return withSize(transformed, shape.length - 1, isOneSided && isInverse ? 1 : 2);
}

/** A whole transform leaves every length as it is, whichever axis it is along. */
function alongAnyAxis(context: NodeContext, shape: Sizes): Sizes {
  const isWhole = !context.flag('onesided') && !context.has(1);
  const parts = context.flag('onesided') && context.flag('inverse') ? 1 : 2;
  return shape.map((size, axis) => (axis === shape.length - 1 ? parts : isWhole ? size : context.dependsOnData()));
}

/** The window, when its length is not given, is as long as its input, or as the signal. */
function windowedFourierTransform(context: NodeContext): Sizes {
  const [batch = 1, length = 1] = context.shape(0);
  const step = context.count(1);
  const frame = context.has(3) ? context.count(3) : context.has(2) ? sizeAt(context.shape(2), 0) : length;
  const frames =
    typeof step === 'number' ? add(floorDivide(subtract(length, frame), step), 1) : context.dependsOnData();
  return [batch, frames, context.flag('onesided', true) ? add(floorDivide(frame, 2), 1) : frame, 2];
}
