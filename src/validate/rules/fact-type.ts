import type { OperatorSchema } from '../operators/operator-schemas.ts';
import type { Fact } from '../shapes/fact.ts';
import type { NodePlace } from './rule-context.ts';
import type { ValueFacts } from './shaped-graphs.ts';

/** The type of a value as operator schemas write it; `undefined` where a part of it is not known. */
export function typeOfFact(fact: Fact | undefined): string | undefined {
  switch (fact?.kind) {
    // Sparse initializers and constants are made dense when a model is loaded.
    case 'tensor':
    case 'sparse-tensor':
      return fact.elementType === 'undefined' ? undefined : `tensor(${fact.elementType})`;
    case 'sequence':
    case 'optional': {
      const element = typeOfFact(fact.element);
      return element && `${fact.kind === 'sequence' ? 'seq' : 'optional'}(${element})`;
    }
    case 'map': {
      const value = typeOfFact(fact.value);
      return value && `map(${fact.key}, ${value.replace(/^tensor\((.*)\)$/, '$1')})`;
    }
    case 'opaque':
      return `opaque(${[fact.domain, fact.name].filter((part) => part !== '').join(',')})`;
    default:
      return undefined;
  }
}

/** What the type variables of a node's schema stand for, as far as inference tells. */
export function typeAssignment(
  { node }: NodePlace,
  { schema, facts }: { readonly schema: OperatorSchema; readonly facts: ValueFacts },
): Readonly<Record<string, string>> {
  const types: Record<string, string> = {};
  const sides = [
    { formals: schema.inputs, names: node.inputs },
    { formals: schema.outputs, names: node.outputs },
  ];
  for (const { formals, names } of sides) {
    for (const [index, name] of names.entries()) {
      const last = formals.at(-1);
      const formal = formals[index] ?? (last?.option === 'variadic' ? last : undefined);
      const type = name === '' ? undefined : typeOfFact(facts(name));
      if (formal && type !== undefined && schema.types.has(formal.type)) types[formal.type] ??= type;
    }
  }
  return types;
}
