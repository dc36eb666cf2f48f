import type { ElementType, ValueType } from '../../onnx/model.ts';
import { counted, firstFew } from '../rules/describe.ts';
import type { Rule } from '../rules/rule.ts';
import type { RuleContext } from '../rules/rule-context.ts';

export const rule: Rule = {
  id: 'budget/element-type',
  severity: 'error',
  title: 'Inputs, outputs and weights are of the element types that the budget allows',
  explanation: 'Which types are allowed settles the memory and the kernels that a model needs.',
  mend: 'Convert the model to an allowed type, or add the type to `budget.operators.dtypes`.',
  source: 'plimsoll.yaml, `budget.operators.dtypes`.',
  *check(context) {
    const { budget } = context;
    if (!budget?.dtypes) return;
    const allowed = new Set<string>(budget.dtypes);
    for (const [type, titles] of titlesByType(context)) {
      if (allowed.has(type)) continue;
      yield {
        message: `${type} is not among ${budget.dtypes.join(', ')} (${counted(titles.length, 'value')}: ${firstFew(titles)})`,
      };
    }
  },
};

function titlesByType(context: RuleContext): ReadonlyMap<ElementType, readonly string[]> {
  const titles = new Map<ElementType, string[]>();
  const add = (type: ElementType, title: string): void => {
    const known = titles.get(type);
    if (known) known.push(title);
    else titles.set(type, [title]);
  };
  const { inputs, outputs } = context.model.graph;
  for (const { name, type } of inputs) for (const element of elementTypesIn(type)) add(element, `input "${name}"`);
  for (const { name, type } of outputs) for (const element of elementTypesIn(type)) add(element, `output "${name}"`);
  for (const { tensor, title } of context.tensors) add(tensor.elementType, title);
  return titles;
}

function elementTypesIn(type: ValueType | null): readonly ElementType[] {
  switch (type?.kind) {
    case 'tensor':
    case 'sparse-tensor':
      return [type.elementType];
    case 'sequence':
    case 'optional':
      return elementTypesIn(type.element);
    case 'map':
      return [type.key, ...elementTypesIn(type.value)];
    default:
      return [];
  }
}
