import type { Node, ValueType } from '../../onnx/model.ts';
import { boundAxes } from './bound-axes.ts';
import { callFunction } from './call-function.ts';
import { Contradiction, contradictionAt } from './contradiction.ts';
import { disagreement } from './declared.ts';
import { type Fact, renderShape, tensorOfUnknownShape, unknown } from './fact.ts';
import { NodeContext } from './node-context.ts';
import { reportBrokenPrecondition } from './preconditions.ts';
import { declaredValue, refineFact } from './refine-fact.ts';
import { type Rule, reasonOfFailure } from './rule.ts';
import { findRule } from './rules.ts';
import { lookUp, type Scope } from './scope.ts';
import { textLength } from './text-length.ts';

export interface NodePlace {
  readonly scope: Scope;
  /** What the graph declares of the values in it. */
  readonly declared: ReadonlyMap<string, ValueType>;
}

/** Infers the outputs of a node and notes them in its scope. */
export function inferNode(node: Node, place: NodePlace): void {
  const facts = outputsOf(node, place);
  const { values, inference, calls } = place.scope;
  node.outputs.forEach((name, index) => {
    if (name === '') return;
    const fact = facts[index] ?? unknown(`${operatorOf(node)} has no output ${index}`);
    values.set(name, settled(node, { ...place, name, fact }));
  });
  // Names within a function are its own: bounds do not mean them.
  if (inference.hasAxisBounds && calls.length === 0) noteBounds(node, place.scope);
}

function noteBounds(node: Node, { values, inference }: Scope): void {
  const outputs = new Map<string, Fact>();
  for (const name of node.outputs) {
    const fact = values.get(name);
    if (fact) outputs.set(name, fact);
  }
  for (const [name, fact] of boundAxes(outputs, inference)) values.set(name, fact);
}

function outputsOf(node: Node, place: NodePlace): readonly Fact[] {
  const { inference } = place.scope;
  if (!inference.visit()) return node.outputs.map(() => unknown('the graph takes too many steps to infer'));
  const version = place.scope.opsets.get(node.domain) ?? Number.POSITIVE_INFINITY;
  const context = new NodeContext({ node, version, inputs: inputsOf(node, place.scope) }, place.scope.services);
  const body = inference.functionFor(node);
  if (body) return callFunction(context, body, place.scope);
  const rule = findRule(node, version);
  if (rule) return withTextLength(attempt(rule, context), context);
  inference.noteMissingRule(operatorOf(node));
  // Of an operator that nobody here knows the file's own word is all there is.
  const reason = `no rule for ${operatorOf(node)}`;
  return node.outputs.map((name) => {
    const type = place.declared.get(name);
    return type ? declaredValue(type, reason, inference) : unknown(reason);
  });
}

function attempt(rule: Rule, context: NodeContext): readonly Fact[] {
  reportBrokenPrecondition(context);
  try {
    return rule(context);
  } catch (error) {
    const reason = reasonOfFailure(context, error);
    return context.node.outputs.map(() => unknown(reason));
  }
}

function withTextLength(facts: readonly Fact[], { node, inputs }: NodeContext): readonly Fact[] {
  const letters = textLength(node, inputs);
  if (letters === null) return facts;
  return facts.map((fact) => (fact.kind === 'tensor' && fact.elementType === 'string' ? { ...fact, letters } : fact));
}

function inputsOf(node: Node, scope: Scope): readonly (Fact | null)[] {
  return node.inputs.map((name) => (name === '' ? null : (lookUp(scope, name) ?? unknown(`nothing makes ${name}`))));
}

interface Outcome extends NodePlace {
  readonly name: string;
  readonly fact: Fact;
}

/** The fact as it is kept: possible, within limits, and held against what the file declares. */
function settled(node: Node, { scope, declared, name, fact }: Outcome): Fact {
  const possible = withoutNegativeSizes(node, scope, scope.inference.possible(fact));
  const type = declared.get(name);
  if (!type) return scope.inference.follow(possible);
  const what = disagreement(type, possible);
  if (what) {
    scope.inference.reportDeclaration(
      { graph: scope.path, node, tensor: name },
      { what, declared: type, inferred: possible },
    );
    return scope.inference.follow(possible);
  }
  return scope.inference.follow(refineFact(possible, type, scope.inference));
}

function withoutNegativeSizes(node: Node, scope: Scope, fact: Fact): Fact {
  if (fact.kind !== 'tensor' || !fact.shape?.some((size) => typeof size === 'number' && size < 0)) return fact;
  const found = renderShape(fact.shape);
  scope.services.report(
    node,
    new Contradiction('a dimension of the output is below zero', { found, wanted: 'sizes of at least 0' }),
  );
  return tensorOfUnknownShape(fact.elementType, contradictionAt(node));
}

function operatorOf({ domain, opType }: Node): string {
  return `${domain || 'ai.onnx'}:${opType}`;
}
