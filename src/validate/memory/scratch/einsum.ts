import { isSameList } from '../../../nouns/same-list.ts';
import { ELLIPSIS, parseEquation } from '../../shapes/einsum-equation.ts';
import { type Kernel, product } from '../kernel.ts';
import type { ScratchRule } from './rule.ts';

/**
 * Operands are multiplied two by two, as matrices. What does not have its axes in the order that comes next is copied: each operand
 * into the one order of all axes, both sides of a product, and what comes of it. As onnxruntime 1.30.0 has it in
 * `einsum_typed_compute_processor.cc`, and bench/kernel-scratch.ts sees it.
 */
export const einsum: ScratchRule = (kernel) => {
  const output = kernel.output(0);
  const elementBytes = output.bytes / Math.max(1, product(output.dims));
  const moments = momentsOf(readProblem(kernel)).map((counts) => counts.map((count) => count * elementBytes));
  const last = moments.at(-1) ?? [];
  // The output is made once the last product is there.
  const before = Math.max(...moments.map(total)) - output.bytes;
  return before > total(last) ? [before] : last;
};

/** Sizes by axis; of what is not in it, 1. */
type Operand = ReadonlyMap<string, number>;

interface Problem {
  /** In the order that operands are brought into: those of ellipses, then letters as they come. */
  readonly axes: readonly string[];
  readonly terms: readonly (readonly string[])[];
  readonly output: readonly string[];
  readonly operands: readonly Operand[];
}

/** Elements of the blocks that are held, at each moment that may be the one with the most. */
function momentsOf({ axes, terms, output, operands }: Problem): readonly (readonly number[])[] {
  const endingAt = (at: number) =>
    axes.filter((axis) => !output.includes(axis) && terms.findLastIndex((term) => term.includes(axis)) === at);
  const inOrder = (term: readonly string[]) => axes.filter((axis) => term.includes(axis));
  const ordered = terms.map((term, at) => (isSameList(inOrder(term), term) ? 0 : countOf(operands[at])));
  const summed = endingAt(0);
  let left: Operand = without(operands[0], summed);
  let made = summed.length > 0 ? countOf(left) : 0;
  let order = axes;
  let held = [...ordered, made];
  const moments = [...terms.map((term, at) => diagonal(term, operands[at])), held];
  operands.slice(1).forEach((right, before) => {
    const pair = multiply(left, right, { axes, ending: endingAt(before + 1) });
    held = [...ordered, made, ...pair.copies, countOf(pair.result)];
    const isLast = before === operands.length - 2;
    moments.push(isLast || isSameList(pair.order, axes) ? held : [...held, countOf(pair.result)]);
    [left, made, order] = [pair.result, countOf(pair.result), pair.order];
  });
  const wanted = order.filter((axis) => output.includes(axis));
  return [...moments, isSameList(wanted, output) ? held : [...held, countOf(left)]];
}

/** Of axes with the same letter only the diagonal is kept; they are brought to the end for that, and it to its place. */
function diagonal(term: readonly string[], operand: Operand | undefined): readonly number[] {
  if (new Set(term).size === term.length) return [];
  const kept = countOf(operand);
  return term.at(-1) === term.at(-2) ? [kept] : [product(term.map((axis) => operand?.get(axis) ?? 1)), kept, kept];
}

/** As matrices, batch by batch: axes of both, of the left one, those that are summed over, and the others. */
function multiply(
  left: Operand,
  right: Operand,
  { axes, ending }: { readonly axes: readonly string[]; readonly ending: readonly string[] },
) {
  const [inLeft, inRight] = [left, right].map((side) => (axis: string) => (side.get(axis) ?? 1) > 1) as [Has, Has];
  const staying = axes.filter((axis) => !ending.includes(axis));
  const both = staying.filter((axis) => inLeft(axis) && inRight(axis));
  const lefts = staying.filter((axis) => inLeft(axis) && !inRight(axis));
  const rights = staying.filter((axis) => !inLeft(axis));
  const order = [...both, ...lefts, ...ending, ...rights];
  const copies = [
    copied(
      without(
        left,
        ending.filter((axis) => !inRight(axis)),
      ),
      left,
      { order, axes },
    ),
    copied(
      without(
        right,
        ending.filter((axis) => !inLeft(axis)),
      ),
      right,
      {
        order: [...both, ...ending, ...rights, ...lefts],
        axes,
      },
    ),
  ].flat();
  const result = new Map(staying.map((axis) => [axis, Math.max(left.get(axis) ?? 1, right.get(axis) ?? 1)]));
  return { order, copies, result };
}

type Has = (axis: string) => boolean;

/** A side of a product: summed up first over axes that only it has, then with its axes in order. */
function copied(
  side: Operand,
  before: Operand,
  { order, axes }: { readonly order: readonly string[]; readonly axes: readonly string[] },
): readonly number[] {
  const isSummed = countOf(side) !== countOf(before);
  // What is a copy already is only read as having other dimensions, where none but those of 1 change places.
  const moved = (all: readonly string[]) => (isSummed ? all.filter((axis) => (side.get(axis) ?? 1) > 1) : all);
  return [isSummed ? countOf(side) : 0, isSameList(moved(order), moved(axes)) ? 0 : countOf(side)];
}

function readProblem(kernel: Kernel): Problem {
  const { terms, output } = parseEquation(kernel.text('equation', ''));
  const shapes = terms.map((_, at) => kernel.input(at).dims);
  const rank = Math.max(
    0,
    ...terms.map((term, at) => (term.includes(ELLIPSIS) ? (shapes[at] ?? []).length - term.length + 1 : 0)),
  );
  const spread = Array.from({ length: rank }, (_, at) => `${ELLIPSIS}${at}`);
  const unfold = (letters: readonly string[]) => letters.flatMap((letter) => (letter === ELLIPSIS ? spread : [letter]));
  const unfolded = terms.map(unfold);
  return {
    axes: [...new Set([...spread, ...unfolded.flat()])],
    terms: unfolded,
    output: unfold(output),
    operands: unfolded.map((term, at) => new Map(term.map((axis, place) => [axis, shapes[at]?.[place] ?? 1]))),
  };
}

function without(operand: Operand | undefined, axes: readonly string[]): Operand {
  return new Map([...(operand ?? [])].filter(([axis]) => !axes.includes(axis)));
}

function countOf(operand: Operand | undefined): number {
  return product([...(operand?.values() ?? [])]);
}

function total(blocks: readonly number[]): number {
  return blocks.reduce((sum, each) => sum + each, 0);
}
