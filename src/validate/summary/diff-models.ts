import type { ChangedCount, ChangedFact, ModelDifference } from '../../nouns/model-difference.ts';
import type { ModelSummary } from '../../nouns/model-summary.ts';
import type { Model } from '../../onnx/model.ts';
import { operatorName } from '../rules/describe.ts';
import { diffNodes } from './diff-nodes.ts';
import { diffSignatures } from './diff-signatures.ts';
import { diffWeights } from './diff-weights.ts';
import { summariseModel } from './summarise-model.ts';

/**
 * What changed from one model to another. Reads through the weights of both that have a name in common or one of their
 * own; throws what reading tensors throws.
 */
export function diffModels(before: Model, after: Model): ModelDifference {
  const summaries = { before: summariseModel(before), after: summariseModel(after) };
  const signature = diffSignatures(summaries.before.model, summaries.after.model);
  const parts = {
    signature,
    facts: changedOf(factsOf(summaries.before), factsOf(summaries.after)),
    operators: changedCounts(summaries.before.operators.counts, summaries.after.operators.counts),
    weights: diffWeights(before, after),
    nodes: diffNodes(before, after),
    functions: diffFunctions(before, after),
    metadata: changedOf(before.metadata, after.metadata),
  };
  return { same: isEmpty(parts), breaking: signature.some(({ breaking }) => breaking), ...parts };
}

function factsOf({ model, weights }: ModelSummary): ReadonlyMap<string, string | number> {
  const opsets = Object.entries(model.opsets).map(([domain, version]): [string, number] => [
    `opset ${domain}`,
    version,
  ]);
  return new Map<string, string | number>([
    ...opsets,
    ['IR version', model.irVersion],
    ...(model.producer === null ? [] : [['producer', model.producer] as const]),
    ['model version', model.version],
    ['nodes', model.nodes],
    ['parameters', model.parameters],
    ['weight bytes', weights.bytes],
    ['file bytes', model.bytes],
    ['subgraph depth', model.subgraphDepth],
    ['training graphs', model.trainingGraphs],
  ]);
}

function changedOf(
  before: ReadonlyMap<string, string | number>,
  after: ReadonlyMap<string, string | number>,
): readonly ChangedFact[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((what) => {
    const from = before.get(what) ?? null;
    const to = after.get(what) ?? null;
    return from === to ? [] : [{ what, from, to }];
  });
}

/** What is there in another number, by name; what is missing counts as none. */
export function changedCounts(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): readonly ChangedCount[] {
  return changedOf(new Map(Object.entries(before)), new Map(Object.entries(after))).map(({ what, from, to }) => ({
    name: what,
    from: Number(from ?? 0),
    to: Number(to ?? 0),
  }));
}

function diffFunctions(before: Model, after: Model): ModelDifference['functions'] {
  const namesOf = ({ functions }: Model) =>
    new Set(functions.map((local) => operatorName({ domain: local.domain, opType: local.name })));
  const [old, now] = [namesOf(before), namesOf(after)];
  return { added: [...now].filter((name) => !old.has(name)), removed: [...old].filter((name) => !now.has(name)) };
}

function isEmpty(parts: Omit<ModelDifference, 'same' | 'breaking'>): boolean {
  const { signature, facts, operators, weights, nodes, functions, metadata } = parts;
  const lists: readonly (readonly unknown[])[] = [
    signature,
    facts,
    operators,
    metadata,
    functions.added,
    functions.removed,
    nodes.added,
    nodes.removed,
    nodes.changed,
    weights.added,
    weights.removed,
    weights.changed,
    weights.renamed,
  ];
  return lists.every((list) => list.length === 0);
}
