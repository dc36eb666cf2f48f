import type { Node } from '../../onnx/model.ts';
import type { Entry, Rule, RuleTable } from './rule.ts';
import { attention, previewAttention } from './rules/attention.ts';
import { controlFlow } from './rules/control-flow.ts';
import { convolution } from './rules/convolution.ts';
import { elementwise } from './rules/elementwise.ts';
import { generators } from './rules/generators.ts';
import { indexing } from './rules/indexing.ts';
import { machineLearning } from './rules/machine-learning.ts';
import { matrix } from './rules/matrix.ts';
import { fusedAttention } from './rules/microsoft/fused-attention.ts';
import { fusedElementwise } from './rules/microsoft/fused-elementwise.ts';
import { fusedMatrix } from './rules/microsoft/fused-matrix.ts';
import { blockedLayout, channelsLast } from './rules/microsoft/layouts.ts';
import { otherContributed } from './rules/microsoft/other.ts';
import { quantized } from './rules/microsoft/quantized.ts';
import { normalization } from './rules/normalization.ts';
import { pooling } from './rules/pooling.ts';
import { quantization } from './rules/quantization.ts';
import { recurrent } from './rules/recurrent.ts';
import { reduction } from './rules/reduction.ts';
import { resampling } from './rules/resampling.ts';
import { sequence } from './rules/sequence.ts';
import { shapeManipulation } from './rules/shape-manipulation.ts';
import { signal } from './rules/signal.ts';
import { text } from './rules/text.ts';
import { training } from './rules/training.ts';

/** Every operator that shapes can be inferred for, by domain and name. The default domain is the empty one. */
export const RULES: ReadonlyMap<string, ReadonlyMap<string, Entry>> = new Map(
  Object.entries({
    '': [
      attention,
      controlFlow,
      convolution,
      elementwise,
      generators,
      indexing,
      matrix,
      normalization,
      pooling,
      quantization,
      recurrent,
      reduction,
      resampling,
      sequence,
      shapeManipulation,
      signal,
      text,
    ],
    'ai.onnx.ml': [machineLearning],
    'ai.onnx.preview': [previewAttention],
    'ai.onnx.preview.training': [training],
    'com.microsoft': [fusedAttention, fusedElementwise, fusedMatrix, otherContributed, quantized],
    'com.microsoft.nchwc': [blockedLayout],
    'com.ms.internal.nhwc': [channelsLast],
  } satisfies Record<string, readonly RuleTable[]>).map(([domain, tables]) => [domain, merge(tables)]),
);

/** The rule for an operator in this version of its operator set; `null` where there is none. */
export function findRule({ domain, opType }: Pick<Node, 'domain' | 'opType'>, version: number): Rule | null {
  const entry = RULES.get(domain)?.get(opType);
  if (entry === undefined || typeof entry === 'function') return entry ?? null;
  const since = Object.keys(entry)
    .map(Number)
    .filter((first) => first <= version);
  return entry[Math.max(...since)] ?? null;
}

/** One table of a domain; an operator that stands in two families is a mistake. */
function merge(tables: readonly RuleTable[]): ReadonlyMap<string, Entry> {
  const merged = new Map<string, Entry>();
  for (const [name, entry] of tables.flatMap(Object.entries<Entry>)) {
    if (merged.has(name)) throw new TypeError(`two rules for ${name}`);
    merged.set(name, entry);
  }
  return merged;
}
