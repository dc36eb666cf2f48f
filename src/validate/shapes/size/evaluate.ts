import type { Atom, Operation, Size } from './size.ts';

/** The size where each name has this number; `null` where a name has none, or where no model could run with these numbers. */
export function evaluateSize(size: Size, values: ReadonlyMap<string, number>): number | null {
  if (typeof size === 'number') return size;
  let total = 0;
  for (const { coefficient, factors } of size.terms) {
    let product = coefficient;
    for (const atom of factors) {
      const value = evaluateAtom(atom, values);
      if (value === null) return null;
      product *= value;
    }
    total += product;
  }
  return Number.isSafeInteger(total) ? total : null;
}

function evaluateAtom(atom: Atom, values: ReadonlyMap<string, number>): number | null {
  if (atom.kind === 'symbol') return values.get(atom.key) ?? null;
  const operands: number[] = [];
  for (const operand of atom.operands) {
    const value = evaluateSize(operand, values);
    if (value === null) return null;
    operands.push(value);
  }
  return OPERATIONS[atom.name](operands);
}

const OPERATIONS: Readonly<Record<Operation['name'], (operands: readonly number[]) => number | null>> = {
  floor: ([a, b]) => (a === undefined || b === undefined || b < 1 ? null : Math.floor(a / b)),
  min: (operands) => Math.min(...operands),
  max: (operands) => Math.max(...operands),
  broadcast: (operands) => {
    const [first, ...others] = new Set(operands.filter((size) => size !== 1));
    return others.length > 0 ? null : (first ?? 1);
  },
};
