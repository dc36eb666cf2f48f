import type { Model, Node } from '../../onnx/model.ts';
import { fedInputs } from '../memory/fed-inputs.ts';
import { nodeLabel } from '../rules/graph-places.ts';
import type { Fact } from '../shapes/fact.ts';
import { inferShapes } from '../shapes/infer-shapes.ts';
import { graphsOf, orderNodes } from '../shapes/order-nodes.ts';
import { type Atom, type Size, termsOf } from '../shapes/size/size.ts';

/**
 * The first node that takes values of every row and gives values for none: a maximum or a mean over the rows, the scale of all
 * of them. What it gives reaches every row, though it may show for some values alone. `null` where there is none, or shapes do
 * not tell. Names the node as findings do.
 */
export function nodeAcrossRows(model: Model): string | null {
  const { graph } = model;
  const { values } = inferShapes(model);
  const fed = fedInputs(graph).map(({ name }) => name);
  const [rows] = shapeOf(values.get(fed[0] ?? '')) ?? [];
  const key = rows === undefined ? undefined : onlyKey(rows);
  if (key === undefined) return null;
  const perRow = new Set(fed);
  for (const node of orderNodes(graph.nodes)) {
    if (!node.inputs.some((name) => perRow.has(name))) continue;
    for (const name of node.outputs) {
      const shape = shapeOf(values.get(name));
      if (shape === null) continue;
      if (shape.some((size) => isMadeOf(size, key))) perRow.add(name);
      else if (!tellsSizes(node) && shape.every(isTold)) return nodeLabel(node, graph.nodes.indexOf(node));
    }
  }
  return null;
}

function shapeOf(fact: Fact | undefined): readonly Size[] | null {
  return fact?.kind === 'tensor' ? fact.shape : null;
}

/** The symbol that a size is, by its key. */
function onlyKey(size: Size): string | undefined {
  const [term, ...others] = termsOf(size);
  const [atom] = term?.factors ?? [];
  return others.length === 0 && atom?.kind === 'symbol' ? atom.key : undefined;
}

function isMadeOf(size: Size, key: string): boolean {
  const isOf = (atom: Atom): boolean =>
    atom.key === key || (atom.kind === 'operation' && atom.operands.some((operand) => isMadeOf(operand, key)));
  return termsOf(size).some(({ factors }) => factors.some(isOf));
}

/** Whether only dimensions of inputs make the size: one that data decide may well be the number of rows again. */
function isTold(size: Size): boolean {
  return typeof size === 'number' || size.reason === null;
}

/** Gives what does not depend on the values of its input; or has graphs of its own, which may pass on what belongs to no row. */
function tellsSizes(node: Node): boolean {
  return node.opType === 'Shape' || node.opType === 'Size' || graphsOf(node).length > 0;
}
