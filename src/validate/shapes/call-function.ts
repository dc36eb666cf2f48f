import type { Attribute, LocalFunction, Node } from '../../onnx/model.ts';
import { Contradiction } from './contradiction.ts';
import { type Fact, unknown } from './fact.ts';
import { factKey } from './fact-key.ts';
import type { Inference } from './inference.ts';
import type { NodeContext } from './node-context.ts';
import { renewFacts } from './renew-facts.ts';
import type { Scope } from './scope.ts';
import { walkFunction } from './walk-graph.ts';

/** The outputs of a function of the model for these arguments; calls with equal arguments are inferred once. */
export function callFunction(context: NodeContext, body: LocalFunction, scope: Scope): readonly Fact[] {
  const { node } = context;
  const { inference } = scope;
  const name = [body.domain, body.name, body.overload].filter((part) => part !== '').join(':');
  const refusal = whyNotCalled(name, scope);
  if (refusal !== null) {
    if (scope.calls.includes(name))
      scope.services.report(node, new Contradiction(refusal, { found: [...scope.calls, name].join(' → ') }));
    return node.outputs.map(() => unknown(refusal));
  }
  const attributes = argumentsOf(node, body, scope);
  const key = [name, ...context.inputs.map(factKey), ...attributeKeys(attributes, inference)].join('|');
  const known = inference.calls.get(key);
  if (known) {
    scope.inner.set(node, [known.graph]);
    return renewFacts(known.outputs, {
      serials: known.serials,
      freshSize: (reason, atMost) => inference.freshSize(reason, atMost),
    });
  }
  const after = inference.serial;
  const inputs = new Map(
    body.inputs.flatMap((input, index) => {
      const fact = context.inputs[index];
      return fact ? [[input, fact] as const] : [];
    }),
  );
  const { shaped, outputs } = walkFunction(body, inputs, {
    inference,
    path: `function:${body.domain}:${body.name}`,
    parent: null,
    opsets: new Map(body.opsetImports.map(({ domain, version }) => [domain, version])),
    attributes,
    calls: [...scope.calls, name],
    depth: scope.depth + 1,
  });
  scope.inner.set(node, [shaped]);
  inference.calls.set(key, { outputs, graph: shaped, serials: { after, upTo: inference.serial } });
  return outputs;
}

function whyNotCalled(name: string, scope: Scope): string | null {
  const { callDepth } = scope.inference.options.limits;
  if (scope.calls.includes(name)) return `function ${name} calls itself`;
  return scope.calls.length >= callDepth ? `functions call each other deeper than ${callDepth}` : null;
}

/** Attributes that the call gives, over the defaults of the function; a reference means what it means where the call stands. */
function argumentsOf(node: Node, body: LocalFunction, scope: Scope): ReadonlyMap<string, Attribute> {
  const attributes = new Map(body.attributeDefaults.map((attribute) => [attribute.name, attribute]));
  for (const attribute of node.attributes) {
    const meant = attribute.reference === '' ? attribute : scope.attributes.get(attribute.reference);
    if (meant) attributes.set(attribute.name, meant);
  }
  return attributes;
}

/** Plain values are equal by what they are, everything else by being the same in the file. */
function attributeKeys(attributes: ReadonlyMap<string, Attribute>, inference: Inference): readonly string[] {
  return [...attributes].map(([name, { value }]) => {
    const isPlain = value.kind === 'int' || value.kind === 'float';
    return `${name}=${isPlain ? `${value.kind} ${value.value}` : `#${inference.identify(value)}`}`;
  });
}
