import { boundKey } from '../../nouns/axis-bound.ts';
import type { Graph, Model } from '../../onnx/model.ts';
import { unboundedSymbols } from '../shapes/size/range.ts';
import { keyOfName } from '../shapes/size/size.ts';
import { symbolicShapes } from './bounded-shapes.ts';
import { fedInputs } from './fed-inputs.ts';
import { Recent } from './recent.ts';
import { reuseRule } from './reuse-rules.ts';
import { isSized, type SizeLookup } from './value-sizes.ts';

/**
 * Whether runs at the bounds find the block of another shape. The runtime lays the intermediate values of later runs in one block,
 * and keeps one layout for all shapes whose dimensions have the same exclusive-or (`CalculateMemoryPatternsKey`): that of the first
 * of them. Runs of the others make each buffer by itself. The server's first run is of one row, at the bounds of everything else, where it
 * has no example; with two inputs of the same shape, all shapes are alike in this.
 */
export function findsOthersPattern(graph: Graph, bounds: ReadonlyMap<string, number>): boolean {
  const sizes = shapesOf(graph).flat();
  const rows = rowNames(graph);
  const sizeOf = (size: number | string) => (typeof size === 'number' ? size : (bounds.get(size) ?? 1));
  const key = (of: typeof sizeOf) =>
    sizes.reduce<bigint>((all, size) => all ^ BigInt(Math.max(0, Math.trunc(of(size)))), 0n);
  const isMany = [...rows].some((name) => sizeOf(name) !== 1);
  return isMany && key(sizeOf) === key((size) => (typeof size === 'string' && rows.has(size) ? 1 : sizeOf(size)));
}

/**
 * What lies in the other shape's block at the most: buffers of the size that it has for them, as those are that do not depend on the
 * number of rows. They are held until the run ends.
 */
export function bytesInOthersBlock(model: Model, sizes: SizeLookup): number {
  const names = ROWLESS.of(model, '', () => rowlessValues(model));
  return names.map(sizes).reduce((sum, size) => sum + (isSized(size) ? size.bytes : 0), 0);
}

/** Searches make many plans of one model. */
const ROWLESS = new Recent<Model, readonly string[]>(1);

function rowlessValues(model: Model): readonly string[] {
  const { nodes, outputs } = model.graph;
  const { values } = symbolicShapes(model);
  const rows = new Set([...rowNames(model.graph)].map(keyOfName));
  const isRowless = (name: string) => {
    const fact = values.get(name);
    const shape = fact?.kind === 'tensor' ? fact.shape : null;
    return shape?.every((size) => !unboundedSymbols(size).some((key) => rows.has(key))) ?? false;
  };
  const given = new Set(['', ...outputs.map(({ name }) => name)]);
  const made = nodes.flatMap((node) => (reuseRule(node).alias ? [] : node.outputs));
  return made.filter((name) => !given.has(name) && isRowless(name));
}

/** Of one row, at the bounds of all else. */
export function boundsOfOneRow(graph: Graph, bounds: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const rows = rowNames(graph);
  return new Map([...bounds].map(([name, size]) => [name, rows.has(name) ? 1 : size]));
}

function rowNames(graph: Graph): ReadonlySet<string> {
  return new Set(shapesOf(graph).flatMap(([first]) => (typeof first === 'string' ? [first] : [])));
}

/** Of the inputs that a request brings: sizes, or the names that bounds are given for. */
function shapesOf(graph: Graph): readonly (readonly (number | string)[])[] {
  return fedInputs(graph).map(({ name, type }) =>
    type?.kind === 'tensor' && type.shape !== null
      ? type.shape.map((size, axis) => boundKey(name, size, axis) ?? Number(size))
      : [],
  );
}
