import { locationOf } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/tensor-stored-twice',
  severity: 'warning',
  title: 'Every stored tensor has its data in one place',
  explanation:
    'A tensor may keep its data in raw bytes, in a list of its type, or in an external file. Where several are filled, readers disagree about which one counts: the same file then gives two answers, and a checker may be shown one and the runtime the other.',
  mend: 'Save the model anew, so that each weight is stored once. Do not trust such a file from elsewhere.',
  source: 'onnx.proto, TensorProto: exactly one place. The runtime takes external data first, then raw_data.',
  *check(context) {
    for (const { tensor, title, place } of context.tensors) {
      const also = tensor.alsoStoredIn ?? [];
      if (also.length === 0) continue;
      const first =
        tensor.data.kind === 'typed' ? tensor.data.field : tensor.data.kind === 'raw' ? 'raw_data' : 'external data';
      yield {
        message: `${title} has data in ${first} and also in ${also.join(', ')}`,
        location: locationOf(place, { tensor: tensor.name }),
      };
    }
  },
};
