import { openBatch } from '../../fix/mends/open-batch.ts';
import { firstFew } from '../describe.ts';
import type { Rule, Violation } from '../rule.ts';
import { tensorInputs } from './tensor-inputs.ts';

const EXPORT =
  'Name the first dimension when exporting: `dynamic_shapes` of torch.onnx.export, `None` in the input signature of TensorFlow.';

export const rule: Rule = {
  id: 'production/fixed-batch',
  severity: 'warning',
  title: 'The batch dimension is open',
  explanation:
    'A model whose first dimension is fixed to 1 takes one request at a time: requests cannot be put together, which costs most of the throughput. It is usually left over from the sample that the exporter traced.',
  mend: `${EXPORT} \`plimsoll fix\` opens it where every operator allows that, when asked to.`,
  source: 'Practice: exporters freeze the sizes of the sample unless told otherwise.',
  fixable: true,
  *check({ model }) {
    const inputs = tensorInputs(model).filter(({ shape }) => shape !== null && shape.length >= 2);
    const fixed = inputs.filter(({ shape }) => shape?.[0] === 1);
    if (fixed.length === 0 || fixed.length < inputs.length) return;
    const names = firstFew(fixed.map(({ name }) => `"${name}"`));
    const first = fixed[0]?.name;
    yield {
      message: `the first dimension of every input is fixed to 1: ${names}`,
      ...(first === undefined ? {} : { location: { tensor: first } }),
      ...beyondMending(openBatch.apply(model)),
    };
  },
};

function beyondMending({ left }: ReturnType<typeof openBatch.apply>): Pick<Violation, 'mend' | 'fixable'> {
  return left === undefined ? {} : { mend: `${EXPORT} \`plimsoll fix\` cannot do it here: ${left}.`, fixable: false };
}
