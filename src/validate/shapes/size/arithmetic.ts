import { type Atom, exact, fromTerms, type Size, shifted, type Term, termsOf, textOf, tooLong } from './size.ts';

/** Beyond this a product is not expanded: 24 terms already weigh more than an expression may. */
const MAX_TERMS = 24;

/** Throws `Contradiction`, as all arithmetic here does, where a number would pass 2^53. */
export function add(a: Size, b: Size): Size {
  if (typeof a === 'number' && typeof b === 'number') return exact(a + b);
  if (a === 0) return b;
  if (b === 0) return a;
  if (typeof b === 'number') return typeof a === 'number' ? exact(a + b) : shifted(a, b);
  if (typeof a === 'number') return shifted(b, a);
  return fromTerms([...a.terms, ...b.terms]);
}

export function negate(a: Size): Size {
  return multiply(a, -1);
}

export function subtract(a: Size, b: Size): Size {
  if (typeof b === 'number') return add(a, -b);
  return add(a, negate(b));
}

export function multiply(a: Size, b: Size): Size {
  if (typeof a === 'number' && typeof b === 'number') return a === 0 || b === 0 ? 0 : exact(a * b);
  if (a === 1) return b;
  if (b === 1) return a;
  const left = termsOf(a);
  const right = termsOf(b);
  if (left.length * right.length > MAX_TERMS) return tooLong(`(${textOf(a)})*(${textOf(b)})`);
  return fromTerms(left.flatMap((x) => right.map((y) => multiplyTerms(x, y))));
}

/** The number of elements of a tensor with these dimensions. */
export function product(sizes: readonly Size[]): Size {
  return sizes.reduce(multiply, 1);
}

export function sum(sizes: readonly Size[]): Size {
  return sizes.reduce(add, 0);
}

/** Divides term by term; `null` where the divisor does not go into it without remainder. */
export function divideTerm(term: Term, divisor: Term): Term | null {
  if (divisor.coefficient === 0 || term.coefficient % divisor.coefficient !== 0) return null;
  const factors = [...term.factors];
  for (const atom of divisor.factors) {
    const at = factors.findIndex((factor) => factor.key === atom.key);
    if (at < 0) return null;
    factors.splice(at, 1);
  }
  return termOf(term.coefficient / divisor.coefficient, factors);
}

function multiplyTerms(a: Term, b: Term): Term {
  const factors = [...a.factors, ...b.factors].sort((x, y) => (x.key < y.key ? -1 : x.key > y.key ? 1 : 0));
  return termOf(exact(a.coefficient * b.coefficient), factors);
}

function termOf(coefficient: number, factors: readonly Atom[]): Term {
  return { coefficient, factors, key: factors.map((factor) => factor.key).join('*') };
}
