import type { DynamicDimension, ModelSummary } from '../../nouns/model-summary.ts';

export interface ProposedBound {
  /** As the model has it. */
  readonly name: string;
  readonly size: number;
  /** Where it stands, for people. */
  readonly place: string;
}

export interface ProposedBounds {
  readonly bounds: readonly ProposedBound[];
  /** Dimensions that no bound can be given to, since they have no name. */
  readonly nameless: readonly string[];
}

/** What dimensions of such names mostly are, and a size that is served often. */
const SIZES: readonly (readonly [name: RegExp, size: number])[] = [
  [/batch|^(n|b|bs|rows?)$/i, 32],
  [/seq|len|tok|time|frame|step|word|^[tsl]$/i, 128],
  [/height|width|^[hw]$/i, 224],
  [/channel|^c$/i, 3],
];
const BATCH = 32;
const OTHER = 64;
/** A few pages: what a text operator holds grows with it, and no dimension says it. */
const LETTERS = 10_000;

/** A bound for each dimension that the inputs leave open, and for the length of texts: to be looked at by a person. */
export function proposeBounds({ model }: ModelSummary): ProposedBounds {
  const inputs = new Set(model.inputs.map(({ name }) => name));
  const open = model.dynamicDimensions
    .map((dimension) => ({ ...dimension, places: dimension.places.filter(({ port }) => inputs.has(port)) }))
    .filter(({ places }) => places.length > 0);
  const named = open.flatMap((dimension) =>
    dimension.symbol === null
      ? []
      : [{ name: dimension.symbol, size: sizeOf(dimension, dimension.symbol), place: placeOf(dimension) }],
  );
  const texts = model.inputs
    .filter(({ datatype }) => datatype === 'string')
    .map(({ name }) => ({ name: `${name}[letters]`, size: LETTERS, place: `letters of a text in ${name}` }));
  return {
    bounds: [...named, ...texts],
    nameless: open.filter(({ symbol }) => symbol === null).map(placeOf),
  };
}

function sizeOf({ places }: DynamicDimension, name: string): number {
  const byName = SIZES.find(([pattern]) => pattern.test(name))?.[1];
  return byName ?? (places.every(({ axis }) => axis === 0) ? BATCH : OTHER);
}

function placeOf({ places }: DynamicDimension): string {
  const [first, ...others] = places;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `dimension ${first?.axis} of ${first?.port}${more}`;
}
