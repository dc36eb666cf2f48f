import type { Atom, Expression, Operation, Size, Term } from './size.ts';

/** The least and the most that a size can be; infinite where nothing bounds it. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

export interface RangeOptions {
  /** What every symbol of the model is known to be at least: 0, or 1 where empty tensors are out of question. */
  readonly symbolsAtLeast: 0 | 1;
}

/** Bounds may themselves be expressions of bounded unknowns; deeper chains than this are not followed. */
const MAX_DEPTH = 32;

/** Expressions never change, so neither does what bounds them. */
const KNOWN: Readonly<Record<0 | 1, WeakMap<Expression, Range>>> = { 0: new WeakMap(), 1: new WeakMap() };

/** Interval arithmetic over the normal form: always true, not always tight. */
export function rangeOf(size: Size, options: RangeOptions = { symbolsAtLeast: 0 }, depth = 0): Range {
  if (typeof size === 'number') return { least: size, most: size };
  if (depth > MAX_DEPTH) return { least: -Infinity, most: Infinity };
  const known = KNOWN[options.symbolsAtLeast].get(size);
  if (known) return known;
  const range = size.terms.map((term) => rangeOfTerm(term, options, depth)).reduce(addRanges);
  KNOWN[options.symbolsAtLeast].set(size, range);
  return range;
}

/** The most that a size can be in any run, or `null` where nothing bounds it. */
export function upperBound(size: Size): number | null {
  const { most } = rangeOf(size);
  return Number.isSafeInteger(most) ? most : null;
}

/** The unknowns that a size is made of and that nothing bounds, each once. */
export function unboundedSymbols(size: Size): readonly string[] {
  if (typeof size === 'number') return [];
  const names = size.terms.flatMap(({ factors }) =>
    factors.flatMap((atom) => {
      if (atom.kind === 'operation') return atom.operands.flatMap(unboundedSymbols);
      return atom.atMost === null || upperBound(atom.atMost) === null ? [atom.key] : [];
    }),
  );
  return [...new Set(names)];
}

function rangeOfTerm(term: Term, options: RangeOptions, depth: number): Range {
  const coefficient = { least: term.coefficient, most: term.coefficient };
  return term.factors.map((atom) => rangeOfAtom(atom, options, depth)).reduce(multiplyRanges, coefficient);
}

function rangeOfAtom(atom: Atom, options: RangeOptions, depth: number): Range {
  if (atom.kind === 'operation') return rangeOfOperation(atom, options, depth);
  const most = atom.atMost === null ? Infinity : rangeOf(atom.atMost, options, depth + 1).most;
  return { least: atom.reason === null ? options.symbolsAtLeast : 0, most };
}

function rangeOfOperation(atom: Operation, options: RangeOptions, depth: number): Range {
  const ranges = atom.operands.map((operand) => rangeOf(operand, options, depth + 1));
  const leasts = ranges.map(({ least }) => least);
  const mosts = ranges.map(({ most }) => most);
  switch (atom.name) {
    case 'min':
      return { least: Math.min(...leasts), most: Math.min(...mosts) };
    case 'max':
      return { least: Math.max(...leasts), most: Math.max(...mosts) };
    case 'broadcast':
      return { least: Math.min(...leasts), most: Math.max(...mosts) };
    case 'floor':
      return divideRanges(ranges[0], ranges[1]);
  }
}

function addRanges(a: Range, b: Range): Range {
  return { least: a.least + b.least, most: a.most + b.most };
}

function multiplyRanges(a: Range, b: Range): Range {
  const corners = [times(a.least, b.least), times(a.least, b.most), times(a.most, b.least), times(a.most, b.most)];
  return { least: Math.min(...corners), most: Math.max(...corners) };
}

function divideRanges(dividend: Range | undefined, divisor: Range | undefined): Range {
  if (!dividend || !divisor || divisor.least < 1) return { least: -Infinity, most: Infinity };
  const corners = [dividend.least, dividend.most].flatMap((x) => [
    quotient(x, divisor.least),
    quotient(x, divisor.most),
  ]);
  return { least: Math.min(...corners), most: Math.max(...corners) };
}

/** Zero times an unbounded size is zero, because every size is finite. */
function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}

/** An unbounded dividend by an unbounded divisor may be anything down to zero, or up to the dividend itself, which other corners give. */
function quotient(a: number, b: number): number {
  if (Number.isFinite(a)) return Number.isFinite(b) ? Math.floor(a / b) : a < 0 ? -1 : 0;
  return Number.isFinite(b) ? a : 0;
}
