import { counted, firstFew, nodeLocation } from '../rules/describe.ts';
import type { Violation } from '../rules/rule.ts';
import type { NodePlace } from '../rules/rule-context.ts';

/** One breach for all nodes that commit it. */
export function breach(what: string, nodes: readonly NodePlace[]): Violation {
  const labels = nodes.map(({ label, place }) => `"${place.path === '' ? label : `${place.path}/${label}`}"`);
  const [first] = nodes;
  const at = `${counted(nodes.length, 'node')}: ${firstFew(labels)}`;
  const mends = new Set(nodes.flatMap(({ node }) => (node.domain === '' ? (INSTEAD[node.opType] ?? []) : [])));
  return {
    message: nodes.length === 0 ? what : `${what} (${at})`,
    ...(first ? { location: nodeLocation(first) } : {}),
    ...(mends.size > 0 ? { mend: [...mends].slice(0, 3).join(' ') } : {}),
  };
}

/** What an exporter could write instead, where that is known. */
const INSTEAD: Readonly<Record<string, string>> = {
  Loop: 'A Loop comes from a Python loop over a tensor: write it with tensor operations, or as LSTM, GRU or CumSum where it is one.',
  Scan: 'A Scan comes from a recurrent layer or a scan of JAX: LSTM, GRU and CumSum have operators of their own.',
  If: 'An If comes from a Python branch that depends on data: compute both sides and choose with torch.where.',
  NonZero: 'NonZero comes from indexing with a mask: multiply by the mask, or choose with Where.',
  NonMaxSuppression:
    'Leave the suppression of boxes to the program around the model, or export the model without its post-processing.',
  Einsum: 'Write the Einsum as MatMul and Transpose, for which the runtime has faster kernels.',
  SequenceConstruct: 'Stack the tensors instead of keeping a list of them.',
  ConcatFromSequence: 'Stack the tensors instead of keeping a list of them.',
  SplitToSequence: 'Split into named outputs instead of a list.',
  StringNormalizer: 'Change the case of text before it reaches the model.',
  TfIdfVectorizer: 'Count the words before the model, or take it into the allowed operators.',
  RandomNormal: 'Export in evaluation mode, or make the noise an input.',
  RandomNormalLike: 'Export in evaluation mode, or make the noise an input.',
  RandomUniform: 'Export in evaluation mode, or make the noise an input.',
  RandomUniformLike: 'Export in evaluation mode, or make the noise an input.',
  Bernoulli: 'Export in evaluation mode, or make the noise an input.',
  Multinomial: 'Give out the probabilities and draw outside the model.',
  Upsample: 'Export for opset 10 or above, where Resize takes its place.',
};
