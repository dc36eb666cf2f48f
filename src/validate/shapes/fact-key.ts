import { type Fact, renderFact } from './fact.ts';
import { textOf } from './size/size.ts';

/** Two facts with one key say the same, values and items included. */
export function factKey(fact: Fact | null): string {
  if (fact === null) return '-';
  const type = renderFact(fact);
  switch (fact.kind) {
    case 'tensor':
      return fact.elements
        ? `${type}{${fact.elements.map((element) => (element === null ? '?' : textOf(element))).join()}}`
        : type;
    case 'sequence':
      return `${type} ${fact.length === null ? '?' : textOf(fact.length)}{${fact.items?.map(factKey).join(';') ?? ''}}`;
    case 'optional':
      return `${fact.present} ${factKey(fact.element)}`;
    default:
      return type;
  }
}
