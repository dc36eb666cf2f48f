import { type AxisPlace, lettersKey, parseAxisKey } from '../../../nouns/axis-bound.ts';
import { nearest } from '../../../nouns/nearest.ts';
import type { Model, ValueInfo } from '../../../onnx/model.ts';
import { openDimensions, textInputs } from '../../memory/undeclared.ts';
import type { Fact } from '../../shapes/fact.ts';
import type { ShapedGraph } from '../../shapes/shaped-model.ts';
import { reasonOf, textOf } from '../../shapes/size/size.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'config/unknown-bound',
  severity: 'warning',
  title: 'Every bound is for a dimension that the model has and leaves open',
  explanation:
    'A bound for a name that no dimension of the model bears, or for a dimension that is known without it, bounds nothing: memory is planned, and requests are refused, as if it were not there.',
  mend: 'Write the name as the model has it, `value[axis]` for a dimension without one, or `input[letters]` for the longest text of an input; plimsoll inspect shows the names. Or remove the bound.',
  source: 'plimsoll.yaml, `bounds`.',
  *check({ model, bounds = {}, shaped }) {
    const known = new Set([
      ...symbolsOf(model),
      ...openDimensions(model, new Map()),
      ...textInputs(model).map(lettersKey),
    ]);
    for (const name of Object.keys(bounds)) {
      if (known.has(name)) continue;
      const place = parseAxisKey(name);
      if (place !== null && shaped === undefined) continue;
      const facts = place && shaped ? factsOf(shaped, place.value) : [];
      if (place !== null && (facts.length > 0 || isInFunction(model, place.value))) {
        const why = inputsOwnName(model, place) ?? uselessness(facts, place.axis);
        if (why !== null) yield { message: `the bound of "${name}" bounds nothing: ${why}` };
      } else yield { message: `no dimension of the model is called "${name}"`, nearest: () => nearest(name, known) };
    }
  },
};

/** Why not by its place: the model has a symbol for it. `null` where it has none; then its place is its name. */
function inputsOwnName({ graph }: Model, { value, axis }: AxisPlace): string | null {
  const type = graph.inputs.find(({ name }) => name === value)?.type;
  const size = type?.kind === 'tensor' ? type.shape?.[axis] : undefined;
  return typeof size === 'string' ? `it is called "${size}": bound that instead` : null;
}

function symbolsOf({ graph }: Model): ReadonlySet<string> {
  return new Set([...graph.inputs, ...graph.outputs, ...graph.valueInfos].flatMap(symbols));
}

function symbols({ type }: ValueInfo): readonly string[] {
  if (type?.kind !== 'tensor') return [];
  return (type.shape ?? []).filter((size) => typeof size === 'string');
}

/** What is known of a value at the bounds, in each graph that has one of this name. */
function factsOf(shaped: ShapedGraph, value: string): readonly Fact[] {
  const own = shaped.values.get(value);
  const inner = [...shaped.inner.values()].flat().flatMap((graph) => factsOf(graph, value));
  return own ? [own, ...inner] : inner;
}

/** The runtime takes functions apart, and puts something before the names within. */
function isInFunction({ functions }: Model, value: string): boolean {
  return functions.some(({ nodes }) =>
    nodes.some(({ outputs }) => outputs.some((name) => name !== '' && value.endsWith(name))),
  );
}

/** Why a bound says nothing in any of the places that it names; `null` where it does. */
function uselessness(facts: readonly Fact[], axis: number): string | null {
  const whys = facts.map((fact) => {
    if (fact.kind !== 'tensor') return fact.kind === 'unknown' ? null : `it is no tensor but a ${fact.kind}`;
    if (fact.shape === null) return null;
    const size = fact.shape[axis];
    if (size === undefined) return `it has ${fact.shape.length} dimensions, counted from 0`;
    if (reasonOf(size) !== null) return null;
    return `it is always ${textOf(size)}`;
  });
  return whys.every((why) => why !== null) ? (whys[0] ?? null) : null;
}
