import { Contradiction } from '../contradiction.ts';
import { add, divideTerm, multiply, subtract } from './arithmetic.ts';
import { atomOf, fromTerms, operation, type Size, sameSize, type Term, termsOf } from './size.ts';

/** More steps than an expression may have terms: a division that has not ended by then does not come out even. */
const MAX_STEPS = 64;

/** `a / b` where the division comes out even for every value of the symbols; else `null`. */
export function exactQuotient(a: Size, b: Size): Size | null {
  if (b === 0) return null;
  if (typeof a === 'number' && typeof b === 'number') return a % b === 0 ? a / b : null;
  if (b === 1) return a;
  if (a === 0) return 0;
  if (sameSize(a, b)) return 1;
  const lead = termsOf(b)[0];
  if (!lead) return null;
  let remainder: Size = a;
  let quotient: Size = 0;
  for (let step = 0; step < MAX_STEPS && remainder !== 0; step++) {
    const next = firstDivisible(termsOf(remainder), lead);
    if (!next) return null;
    const part = fromTerms([next]);
    quotient = add(quotient, part);
    remainder = subtract(remainder, multiply(part, b));
  }
  return remainder === 0 ? quotient : null;
}

/**
 * The largest whole number that is not above `a / b`, for `b` above zero. What the divisor goes into evenly is taken out of the operation, so that
 * `(2*n + 1) / 2` is `n`; and one such operation in another becomes one.
 */
export function floorDivide(a: Size, b: Size): Size {
  if (b === 1) return a;
  if (typeof b === 'number' && b < 1) throw new Contradiction(`a size is divided by ${b}`);
  if (typeof a === 'number' && typeof b === 'number') return Math.floor(a / b);
  const even = exactQuotient(a, b);
  if (even !== null) return even;
  if (typeof b !== 'number') return operation('floor', [a, b]);
  const { whole, rest } = splitByDivisor(a, b);
  const inner = atomOf(rest);
  if (inner?.kind === 'operation' && inner.name === 'floor') {
    const [dividend, divisor] = inner.operands;
    if (dividend !== undefined && typeof divisor === 'number')
      return add(whole, floorDivide(dividend, multiply(divisor, b)));
  }
  return add(whole, typeof rest === 'number' ? Math.floor(rest / b) : operation('floor', [rest, b]));
}

export function ceilDivide(a: Size, b: Size): Size {
  return floorDivide(subtract(add(a, b), 1), b);
}

function splitByDivisor(a: Size, divisor: number): { whole: Size; rest: Size } {
  const whole: Term[] = [];
  const rest: Term[] = [];
  for (const term of termsOf(a)) {
    const part = Math.floor(term.coefficient / divisor);
    const left = term.coefficient - part * divisor;
    if (part !== 0) whole.push({ ...term, coefficient: part });
    if (left !== 0) rest.push({ ...term, coefficient: left });
  }
  return { whole: fromTerms(whole), rest: fromTerms(rest) };
}

function firstDivisible(terms: readonly Term[], divisor: Term): Term | null {
  for (const term of terms) {
    const part = divideTerm(term, divisor);
    if (part) return part;
  }
  return null;
}
