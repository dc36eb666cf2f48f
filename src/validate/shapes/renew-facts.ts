import type { Fact, TensorFact } from './fact.ts';
import type { Atom, Size } from './size/size.ts';

export interface Renewal {
  /** Unknown sizes with these serials mean something else now. */
  readonly serials: { readonly after: number; readonly upTo: number };
  readonly freshSize: (reason: string, atMost: Size | null) => Size;
}

/**
 * Facts of one call for another call with equal arguments: sizes that depend on the data of the first are new unknowns in
 * the second, equal ones among them still equal.
 */
export function renewFacts(facts: readonly Fact[], renewal: Renewal): readonly Fact[] {
  const fresh = new Map<string, Size>();
  const renewSize = (size: Size): Size => {
    if (typeof size === 'number' || size.reason === null || !isOfCall(size, renewal.serials)) return size;
    const renewed = fresh.get(size.text) ?? renewal.freshSize(size.reason, size);
    fresh.set(size.text, renewed);
    return renewed;
  };
  return facts.map((fact) => renewFact(fact, renewSize));
}

function renewFact(fact: Fact, renewSize: (size: Size) => Size): Fact {
  switch (fact.kind) {
    case 'tensor':
    case 'sparse-tensor':
      return renewTensor(fact, renewSize);
    case 'sequence': {
      const element = renewFact(fact.element, renewSize);
      return {
        ...fact,
        element,
        length: fact.length === null ? null : renewSize(fact.length),
        items: fact.items?.map((item) => renewFact(item, renewSize)) ?? null,
      };
    }
    case 'optional':
      return { ...fact, element: renewFact(fact.element, renewSize) };
    default:
      return fact;
  }
}

function renewTensor(fact: TensorFact, renewSize: (size: Size) => Size): TensorFact {
  const shape = fact.shape?.map(renewSize) ?? null;
  const elements = fact.elements?.map((element) => (element === null ? null : renewSize(element))) ?? null;
  return { ...fact, shape, elements };
}

function isOfCall(size: Size, serials: Renewal['serials']): boolean {
  return (
    typeof size !== 'number' && size.terms.some(({ factors }) => factors.some((atom) => isAtomOfCall(atom, serials)))
  );
}

/** What stands for an expression that grew too long has no serial, and may hide one. */
function isAtomOfCall(atom: Atom, serials: Renewal['serials']): boolean {
  if (atom.kind === 'operation') return atom.operands.some((operand) => isOfCall(operand, serials));
  return atom.reason !== null && (atom.serial === 0 || (atom.serial > serials.after && atom.serial <= serials.upTo));
}
