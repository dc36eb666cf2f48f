import { axisKey } from '../../nouns/axis-bound.ts';
import { randomNumbers } from '../../nouns/random-numbers.ts';
import { numberToFloat16 } from './number-to-float16.ts';
import type { Port } from './requests.ts';
import type { BindingElementType, Elements, TensorValue, TensorValues } from './tensor-value.ts';

/** Largest size of each symbol, as the user settled it. */
export type SymbolBounds = Readonly<Record<string, number>>;

/** One way to fill what a signature leaves open. */
export interface Attempt {
  /** Size of an open outermost dimension, mostly the batch. */
  readonly outer: number;
  /** Size of the other open dimensions. */
  readonly inner: number;
  /**
   * Integers are mostly indices, lengths or flags: small ones are likely to be valid. Texts follow: words of all kinds, or the
   * same integers in digits, for models that read numbers from text.
   */
  readonly integers: 'mixed' | 'ones' | 'zeros';
  /** An inner symbol whose size is that of all the others together. */
  readonly whole?: string;
}

/**
 * What is tried in turn until the model takes it. Two rows first, since a batch of one hides mistakes; then the sizes that
 * networks with strides and windows need; integers change last.
 */
export const ATTEMPTS: readonly Attempt[] = [
  { outer: 2, inner: 8, integers: 'mixed' },
  { outer: 1, inner: 8, integers: 'mixed' },
  { outer: 1, inner: 1, integers: 'mixed' },
  { outer: 1, inner: 64, integers: 'mixed' },
  { outer: 1, inner: 224, integers: 'mixed' },
  { outer: 8, inner: 8, integers: 'ones' },
  { outer: 1, inner: 64, integers: 'ones' },
  { outer: 1, inner: 8, integers: 'zeros' },
  { outer: 1, inner: 512, integers: 'zeros' },
];

/**
 * The attempts for a signature. A mask over earlier tokens and new ones is as long as both, under a symbol of its own that does not say
 * so: where there are others to add up, each symbol is tried as their sum.
 */
export function attemptsFor(inputs: readonly Port[]): readonly Attempt[] {
  const symbols = innerSymbols(inputs);
  if (symbols.length < FEWEST_OF_A_SUM || symbols.length > MOST_OF_A_SUM) return ATTEMPTS;
  return [...ATTEMPTS, ...symbols.map((whole): Attempt => ({ outer: 2, inner: 8, integers: 'mixed', whole }))];
}

/** A sum and two parts of it. */
const FEWEST_OF_A_SUM = 3;
/** Each costs a run. */
const MOST_OF_A_SUM = 8;

function innerSymbols(inputs: readonly Port[]): readonly string[] {
  const outermost = outermostOf(inputs);
  const dimensions = inputs.flatMap(({ shape }) => shape?.slice(1) ?? []);
  const symbols = dimensions.filter((dimension) => typeof dimension === 'string');
  return [...new Set(symbols)].filter((symbol) => !outermost.has(symbol));
}

function outermostOf(inputs: readonly Port[]): ReadonlySet<string> {
  return new Set(inputs.map(({ shape }) => shape?.[0]).filter((dimension) => typeof dimension === 'string'));
}

/** Inputs beyond this are not made up: a model can declare any size, and a trial need not be large. */
const MOST_ELEMENTS = 2 ** 26;

const WORDS = ['', 'a', 'Monday', 'invoice overdue', 'déjà vu', '日本語', '42', 'The printer is on fire 🔥'];

/**
 * Makes up inputs for a signature: the same ones for the same arguments, on every machine. Floats are normal with mean 0 and
 * deviation 1. `null` where an input is not a tensor or is too large to make up.
 */
export function synthesiseFeeds(
  inputs: readonly Port[],
  options: { readonly attempt: Attempt; readonly bounds: SymbolBounds; readonly seed: number },
): TensorValues | null {
  const random = randomNumbers(options.seed);
  const outermost = outermostOf(inputs);
  const sums = sumsOf(inputs, options);
  const feeds = new Map<string, TensorValue>();
  let elements = 0;
  for (const { name, elementType, shape } of inputs) {
    if (elementType === null || shape === null) return null;
    const dims = shape.map((dimension, axis) => {
      if (typeof dimension === 'number') return dimension;
      // A symbol has one size wherever it stands: a state is often [layers, batch, width]. Within one input it may be repeated by mistake.
      const isOuter = axis === 0 || (dimension !== null && outermost.has(dimension) && shape[0] !== dimension);
      const key = dimension ?? axisKey(name, axis);
      return sums.get(key) ?? boundedSize(key, isOuter ? options.attempt.outer : options.attempt.inner, options.bounds);
    });
    const count = dims.reduce((product, size) => product * size, 1);
    elements += count;
    if (!(elements <= MOST_ELEMENTS)) return null;
    feeds.set(name, { elementType, dims, data: FILL[elementType](count, random, options.attempt) });
  }
  return feeds;
}

interface Sizing {
  readonly attempt: Attempt;
  readonly bounds: SymbolBounds;
}

function boundedSize(key: string, open: number, bounds: SymbolBounds): number {
  const bound = Object.hasOwn(bounds, key) ? bounds[key] : undefined;
  return bound === undefined ? open : Math.min(open, bound);
}

/** Sizes of the symbols that are sums: the one that an attempt takes for one, and those that exporters write as such, "past + 1". */
function sumsOf(inputs: readonly Port[], { attempt, bounds }: Sizing): ReadonlyMap<string, number> {
  const symbols = innerSymbols(inputs);
  const sums = symbols
    .map(
      (symbol) =>
        [symbol, symbol === attempt.whole ? symbols.filter((other) => other !== symbol) : termsOf(symbol)] as const,
    )
    .filter(([, terms]) => terms.length > 1);
  const sizeOfTerm = (term: string): number =>
    /^\d+$/.test(term) ? Number(term) : boundedSize(term, attempt.inner, bounds);
  return new Map(sums.map(([symbol, terms]) => [symbol, terms.reduce((sum, term) => sum + sizeOfTerm(term), 0)]));
}

function termsOf(symbol: string): readonly string[] {
  return symbol.split('+').map((term) => term.trim());
}

type Fill = (count: number, random: () => number, attempt: Attempt) => Elements;

const FILL: Readonly<Record<BindingElementType, Fill>> = {
  float: (count, random) => Float32Array.from({ length: count }, () => normal(random)),
  double: (count, random) => Float64Array.from({ length: count }, () => normal(random)),
  float16: (count, random) => Uint16Array.from({ length: count }, () => numberToFloat16(normal(random))),
  int8: (count, random, attempt) => Int8Array.from({ length: count }, () => integer(random, attempt)),
  uint8: (count, random, attempt) => Uint8Array.from({ length: count }, () => integer(random, attempt)),
  int16: (count, random, attempt) => Int16Array.from({ length: count }, () => integer(random, attempt)),
  uint16: (count, random, attempt) => Uint16Array.from({ length: count }, () => integer(random, attempt)),
  int32: (count, random, attempt) => Int32Array.from({ length: count }, () => integer(random, attempt)),
  uint32: (count, random, attempt) => Uint32Array.from({ length: count }, () => integer(random, attempt)),
  int64: (count, random, attempt) => BigInt64Array.from({ length: count }, () => BigInt(integer(random, attempt))),
  uint64: (count, random, attempt) => BigUint64Array.from({ length: count }, () => BigInt(integer(random, attempt))),
  bool: (count, random) => Uint8Array.from({ length: count }, () => (random() < 0.5 ? 0 : 1)),
  string: (count, random, attempt) => Array.from({ length: count }, () => text(random, attempt)),
  // Two elements to a byte, each 0 or 1.
  int4: (count, random) => packedPairs(count, random),
  uint4: (count, random) => packedPairs(count, random),
};

function integer(random: () => number, attempt: Attempt): number {
  if (attempt.integers === 'mixed') return random() < 0.5 ? 0 : 1;
  return attempt.integers === 'ones' ? 1 : 0;
}

function text(random: () => number, attempt: Attempt): string {
  if (attempt.integers !== 'mixed') return String(integer(random, attempt));
  return WORDS[Math.floor(random() * WORDS.length)] ?? '';
}

function packedPairs(count: number, random: () => number): Uint8Array {
  return Uint8Array.from({ length: Math.ceil(count / 2) }, () => (random() < 0.5 ? 0x01 : 0x10));
}

/** Box and Muller's transform, cosine branch. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
