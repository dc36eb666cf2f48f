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

interface DatedRule {
  /** The version of the operator set from which it holds; before all of them for a rule that always does. */
  readonly since: number;
  readonly rule: Rule;
}

/** Every operator that shapes can be inferred for, by domain and name. The default domain is the empty one. */
export const RULES: ReadonlyMap<string, ReadonlyMap<string, readonly DatedRule[]>> = new Map(
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
  return (
    RULES.get(domain)
      ?.get(opType)
      ?.find(({ since }) => since <= version)?.rule ?? null
  );
}

/** One table of a domain, the newest rules first; an operator that stands in two families is a mistake. */
function merge(tables: readonly RuleTable[]): ReadonlyMap<string, readonly DatedRule[]> {
  const merged = new Map<string, readonly DatedRule[]>();
  for (const [name, entry] of tables.flatMap(Object.entries<Entry>)) {
    if (merged.has(name)) throw new TypeError(`two rules for ${name}`);
    const isOne = typeof entry === 'function';
    merged.set(name, isOne ? [{ since: Number.NEGATIVE_INFINITY, rule: entry }] : newestFirst(entry));
  }
  return merged;
}

function newestFirst(entry: Readonly<Record<number, Rule>>): readonly DatedRule[] {
  const rules = Object.entries(entry).map(([since, rule]) => ({ since: Number(since), rule }));
  return rules.sort((a, b) => b.since - a.since);
}
