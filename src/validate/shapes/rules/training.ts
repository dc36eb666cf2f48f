import type { Fact } from '../fact.ts';
import { typeOnly } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import type { Rule, RuleTable } from '../rule.ts';

/** ai.onnx.preview.training. After rate and count, inputs are groups of as many tensors: parameters, gradients and states. */
export const training: RuleTable = {
  Adagrad: updatedGroups([0, 2], 3),
  Momentum: updatedGroups([0, 2], 3),
  Adam: updatedGroups([0, 2, 3], 4),
  /** Each gradient is shaped as the tensor that it is taken with respect to. */
  Gradient: (context) => context.node.outputs.map((_, index) => typeOnly(context.fact(index))),
};

/** The outputs are these of the groups of inputs, updated. */
function updatedGroups(groups: readonly number[], groupCount: number): Rule {
  return (context) => {
    const size = Math.floor((context.inputs.length - 2) / groupCount);
    return groups.flatMap((group) => membersOf(context, { from: 2 + group * size, size }));
  };
}

function membersOf(
  context: NodeContext,
  { from, size }: { readonly from: number; readonly size: number },
): readonly Fact[] {
  return Array.from({ length: size }, (_, index) => typeOnly(context.fact(from + index)));
}
