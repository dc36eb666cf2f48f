import { axisKey } from '../../nouns/axis-bound.ts';
import type { Graph } from '../../onnx/model.ts';
import { fedInputs } from './fed-inputs.ts';

/**
 * Whether runs at the bounds find the block of another shape. The runtime lays the intermediate values of later runs in one block,
 * and keeps one layout for all shapes whose dimensions have the same exclusive-or (`CalculateMemoryPatternsKey`): that of the first
 * of them. Runs of the others make each buffer by itself. The server's first run is of one row, at the bounds of everything else;
 * with two inputs of the same shape, all shapes are alike in this.
 */
export function findsOthersPattern(graph: Graph, bounds: ReadonlyMap<string, number>): boolean {
  const sizes = fedInputs(graph).map(({ name, type }) =>
    type?.kind === 'tensor' && type.shape !== null
      ? type.shape.map((size, axis) => (typeof size === 'number' ? size : (size ?? axisKey(name, axis))))
      : [],
  );
  const rows = new Set(sizes.flatMap(([first]) => (typeof first === 'string' ? [first] : [])));
  const sizeOf = (size: number | string) => (typeof size === 'number' ? size : (bounds.get(size) ?? 1));
  const key = (of: typeof sizeOf) =>
    sizes.flat().reduce<bigint>((all, size) => all ^ BigInt(Math.max(0, Math.trunc(of(size)))), 0n);
  const isMany = [...rows].some((name) => sizeOf(name) !== 1);
  return isMany && key(sizeOf) === key((size) => (typeof size === 'string' && rows.has(size) ? 1 : sizeOf(size)));
}
