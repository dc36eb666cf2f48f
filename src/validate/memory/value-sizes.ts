import { ELEMENT_TYPES } from '../../onnx/element-types.ts';
import type { ElementType } from '../../onnx/model.ts';
import { isOfContradiction } from '../shapes/contradiction.ts';
import type { Fact, TensorFact } from '../shapes/fact.ts';
import type { ShapedGraph } from '../shapes/shaped-model.ts';
import { unboundedSymbols, upperBound } from '../shapes/size/range.ts';
import { reasonOf, type Size, symbolOf, textOf } from '../shapes/size/size.ts';
import { Recent } from './recent.ts';
import { type KnownDimension, runtimeDimensions } from './runtime-dimensions.ts';

/** How large a value is in a run at the bounds. */
export interface ValueSize {
  readonly name: string;
  readonly elementType: ElementType;
  /** Dimensions at the bounds; the most they can be where they depend on data. */
  readonly dims: readonly number[];
  readonly bytes: number;
  /**
   * What the runtime's planner compares before it lets one value take another's buffer: element size and dimensions, as it
   * knows them before any run. `null` where a dimension is neither a number nor a name, or where it never compares (strings).
   */
  readonly sameness: string | null;
}

/** A value whose size cannot be told, and what would have to be known. */
export interface UnsizedValue {
  readonly name: string;
  readonly reason: string;
  /** The dimensions that nothing bounds, or the rank; left out where bounds could not say it. */
  readonly open?: readonly OpenAxis[] | 'rank';
}

export interface OpenAxis {
  readonly axis: number;
  /** What the size is made of that is not bounded, by the names that inference gives. */
  readonly unknowns: readonly string[];
}

export type SizeLookup = (name: string) => ValueSize | UnsizedValue | null;

/** libstdc++'s `std::string`: a short text lies within. */
const STRING_BYTES = 32;

/**
 * The sizes of the values of one graph: `bounded` was inferred at the bounds and says how large they are, `symbolic` without
 * them and says which of them the runtime can tell to be alike. Names that the graph does not have are looked up around it.
 */
export function sizesOf(bounded: ShapedGraph, symbolic: ShapedGraph | undefined, around?: SizeLookup): SizeLookup {
  if (around !== undefined) return lookUpSizes(bounded, symbolic, around);
  return LOOKUPS.of(bounded, symbolic ?? bounded, () => lookUpSizes(bounded, symbolic));
}

/** Plans, their searches and what comes of them look the same sizes up. */
const LOOKUPS = new Recent<ShapedGraph, SizeLookup, ShapedGraph>(2);

function lookUpSizes(bounded: ShapedGraph, symbolic: ShapedGraph | undefined, around?: SizeLookup): SizeLookup {
  const known = new Map<string, ValueSize | UnsizedValue>();
  const dimensions = symbolic ? runtimeDimensions(symbolic) : null;
  return (name) => {
    const before = known.get(name);
    if (before) return before;
    const fact = bounded.values.get(name);
    if (!fact) return around?.(name) ?? null;
    const size = sizeOf(name, fact, dimensions?.get(name) ?? shapeOf(symbolic?.values.get(name)));
    known.set(name, size);
    return size;
  };
}

export function isSized(size: ValueSize | UnsizedValue | null): size is ValueSize {
  return size !== null && 'bytes' in size;
}

/** What is known of each dimension without bounds, by the runtime where that was looked into. */
type Unbounded = readonly (Size | KnownDimension)[] | null;

function sizeOf(name: string, fact: Fact, unbounded: Unbounded): ValueSize | UnsizedValue {
  switch (fact.kind) {
    case 'tensor':
      return tensorSize(name, fact, unbounded);
    case 'optional':
      return { ...sizeOf(name, fact.element, null), name };
    case 'sequence':
      return sequenceSize(name, fact);
    case 'unknown':
      return { name, reason: fact.reason };
    default:
      return { name, reason: `it is ${fact.kind === 'map' ? 'a map' : `a ${fact.kind}`}, whose size depends on data` };
  }
}

function tensorSize(name: string, fact: TensorFact, unbounded: Unbounded): ValueSize | UnsizedValue {
  const { elementType, shape, reason } = fact;
  const element = elementBytes(elementType);
  if (element === null) return { name, reason: reason ?? 'its element type is not known' };
  if (shape === null) return openValue(name, { reason: reason ?? 'its rank is not known', open: 'rank' });
  const dims: number[] = [];
  let count = 1;
  for (const size of shape) {
    const most = typeof size === 'number' ? size : upperBound(size);
    if (most === null) return openValue(name, { reason: reasonOfOpen(size), open: openAxes(shape) });
    dims.push(most);
    count *= most;
  }
  const bytes = Math.ceil(count * (element + (elementType === 'string' ? lettersBytes(fact) : 0)));
  if (!Number.isSafeInteger(bytes)) return { name, reason: 'its size is beyond 2^53' };
  return new TensorSize({ name, elementType, dims, bytes }, unbounded ?? shape);
}

/** What no run can make has no size that a bound could say. */
function openValue(name: string, { reason, open }: Required<Pick<UnsizedValue, 'reason' | 'open'>>): UnsizedValue {
  return isOfContradiction(reason) ? { name, reason } : { name, reason, open };
}

/** A rank that is not known is never alike. */
function shapeOf(fact: Fact | undefined): Unbounded {
  return fact?.kind === 'tensor' ? (fact.shape ?? [null]) : null;
}

class TensorSize implements ValueSize {
  readonly name: string;
  readonly elementType: ElementType;
  readonly dims: readonly number[];
  readonly bytes: number;
  readonly #unbounded: NonNullable<Unbounded>;

  constructor(size: Omit<ValueSize, 'sameness'>, unbounded: NonNullable<Unbounded>) {
    this.name = size.name;
    this.elementType = size.elementType;
    this.dims = size.dims;
    this.bytes = size.bytes;
    this.#unbounded = unbounded;
  }

  /** Asked for once for all bounds, when it is settled what shares a buffer. */
  get sameness(): string | null {
    return samenessOf(this.elementType, this.#unbounded);
  }
}

/** What texts take beyond the string itself: a UTF-16 unit is at most three bytes of UTF-8. Of tokens most are short. */
function lettersBytes({ letters = 0, shape }: TensorFact): number {
  const isOfTokens = shape?.some((size) => reasonOf(size) !== null) ?? false;
  return isOfTokens || letters * UTF8_BYTES <= SHORT_BYTES ? 0 : letters * UTF8_BYTES;
}

const UTF8_BYTES = 3;
/** Lies within libstdc++'s string itself. */
const SHORT_BYTES = 15;

function sequenceSize(name: string, fact: Extract<Fact, { readonly kind: 'sequence' }>): ValueSize | UnsizedValue {
  const length = fact.length === null ? null : upperBound(fact.length);
  const items = fact.items?.map((item) => sizeOf(name, item, null));
  if (items?.every(isSized)) {
    const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
    return { name, elementType: 'undefined', dims: [items.length], bytes, sameness: null };
  }
  const item = sizeOf(name, fact.element, null);
  if (length === null || !isSized(item)) return { name, reason: 'how many items the sequence has depends on data' };
  return { name, elementType: item.elementType, dims: [length], bytes: length * item.bytes, sameness: null };
}

/** `null` for types that are not known. */
export function elementBytes(elementType: ElementType): number | null {
  if (elementType === 'string') return STRING_BYTES;
  const { bits } = ELEMENT_TYPES[elementType];
  return bits === 0 ? null : bits / 8;
}

function samenessOf(elementType: ElementType, shape: NonNullable<Unbounded>): string | null {
  if (elementType === 'string') return null;
  const texts: string[] = [];
  for (const size of shape) {
    if (size === null) return null;
    if (typeof size === 'string') {
      texts.push(size);
      continue;
    }
    // The runtime carries names along but does no arithmetic on them.
    if (typeof size !== 'number' && symbolOf(size)?.reason !== null) return null;
    texts.push(textOf(size));
  }
  return `${elementBytes(elementType)}:${texts.join(',')}`;
}

function openAxes(shape: readonly Size[]): readonly OpenAxis[] {
  return shape.flatMap((size, axis) =>
    typeof size !== 'number' && upperBound(size) === null ? [{ axis, unknowns: unboundedSymbols(size) }] : [],
  );
}

function reasonOfOpen(size: Size): string {
  if (typeof size === 'number') return '';
  return size.reason ?? `the dimension ${size.text} has no bound`;
}
