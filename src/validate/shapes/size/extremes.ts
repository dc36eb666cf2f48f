import { subtract } from './arithmetic.ts';
import { rangeOf } from './range.ts';
import { atomOf, operation, type Size, sameSize, textOf } from './size.ts';

export function smaller(a: Size, b: Size): Size {
  return extreme('min', a, b);
}

export function larger(a: Size, b: Size): Size {
  return extreme('max', a, b);
}

/** `true` or `false` where that holds for every value of the symbols, `null` where it depends on them. */
export function isAtMost(a: Size, b: Size): boolean | null {
  const { least, most } = rangeOf(subtract(b, a));
  return least >= 0 ? true : most < 0 ? false : null;
}

export function isEqual(a: Size, b: Size): boolean | null {
  if (sameSize(a, b)) return true;
  const { least, most } = rangeOf(subtract(a, b));
  return least > 0 || most < 0 ? false : null;
}

function extreme(name: 'min' | 'max', a: Size, b: Size): Size {
  const ordered = isAtMost(a, b);
  if (ordered !== null) return ordered === (name === 'min') ? a : b;
  if (isAtMost(b, a) === true) return name === 'min' ? b : a;
  const operands = [
    ...new Map([...flatten(name, a), ...flatten(name, b)].map((size) => [textOf(size), size])).values(),
  ];
  return operands.length === 1 ? a : operation(name, operands.sort(byText));
}

function flatten(name: 'min' | 'max', size: Size): readonly Size[] {
  const atom = atomOf(size);
  return atom?.kind === 'operation' && atom.name === name ? atom.operands : [size];
}

function byText(a: Size, b: Size): number {
  return textOf(a) < textOf(b) ? -1 : 1;
}
