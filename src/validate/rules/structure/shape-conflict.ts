import { inferShapes } from '../../shapes/infer-shapes.ts';
import type { Conflict } from '../../shapes/shaped-model.ts';
import type { Rule, Violation } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/shape-conflict',
  severity: 'error',
  title: 'Shapes fit together',
  explanation:
    'Operators want shapes that agree: the inner dimensions of a product, the channels of a convolution and its weights. Where sizes are known beforehand and do not agree, the model cannot run on any input. In a branch that data choose, sizes at the bounds may not be those that it is chosen for: a warning.',
  mend: 'Look at the node that is named: usually a weight was transposed, or an axis added or lost before it.',
  source: 'ONNX specification, shapes of each operator. The runtime: "ShapeInferenceError".',
  *check({ shaped }) {
    if (!shaped) return;
    let unbounded: readonly Conflict[] | undefined;
    const atAnySize = () => {
      unbounded ??= inferShapes(shaped.model).conflicts;
      return unbounded;
    };
    for (const conflict of shaped.conflicts) if (conflict.kind === 'operator') yield violation(conflict, atAnySize);
  },
};

function violation(conflict: Conflict, atAnySize: () => readonly Conflict[]): Violation {
  const { graph, node, tensor, message, found, wanted } = conflict;
  const inside = { ...(node.name === '' ? {} : { node: node.name }), ...(tensor === null ? {} : { tensor }) };
  const location = { ...(graph === '' ? {} : { graph }), ...inside };
  const full = found === null || wanted === null ? message : `${message}: found ${found}, wanted ${wanted}`;
  const isThere = (other: Conflict) => other.node === node && other.message === message;
  if (!conflict.isOptional || atAnySize().some(isThere)) return { message: full, location };
  return {
    message: `at the bounds this branch, which data choose, cannot run: ${full}`,
    mend: 'Nothing has to be done where no request at the bounds takes this branch. Else bound the inputs by what it takes.',
    severity: 'warning',
    location,
  };
}
