import { atomOf, operation, type Size, sameSize, textOf } from './size.ts';

/**
 * The common size of two dimensions that are broadcast against each other, or `null` where no value of the symbols allows it.
 * A number other than 1 decides it: the other side is the same number or 1.
 */
export function broadcastSizes(a: Size, b: Size): Size | null {
  if (sameSize(a, b) || b === 1) return a;
  if (a === 1) return b;
  if (typeof a === 'number') return typeof b === 'number' ? null : a;
  if (typeof b === 'number') return b;
  const operands = [...new Map([...flatten(a), ...flatten(b)].map((size) => [textOf(size), size])).values()];
  return operands.length === 1
    ? a
    : operation(
        'broadcast',
        operands.sort((x, y) => (textOf(x) < textOf(y) ? -1 : 1)),
      );
}

function flatten(size: Size): readonly Size[] {
  const atom = atomOf(size);
  return atom?.kind === 'operation' && atom.name === 'broadcast' ? atom.operands : [size];
}
