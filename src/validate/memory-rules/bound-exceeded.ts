import { parseAxisKey } from '../../nouns/axis-bound.ts';
import type { RuleDescription, Violation } from '../rules/rule.ts';

export const rule: RuleDescription = {
  id: 'memory/bound-exceeded',
  severity: 'error',
  title: 'Values inside the graph stay within their declared bounds',
  explanation:
    'A server sees the sizes of what comes in, not of what the graph makes of it: a bound for a value inside the graph is taken at its word, and memory is planned by it. A probe runs the model on every case and looks. Where a value is larger than its bound, so is what the container takes.',
  mend: 'Raise the bound to what requests can bring. Where it follows from the length of a text, bound that instead (`input[letters]`): the server holds requests to it.',
  source: 'plimsoll.yaml, `bounds`; the runtime’s own shapes for the values of a run.',
};

export interface SeenValue {
  /** What it was run on, as a sentence begins with it. */
  readonly ranOn: string;
  readonly name: string;
  readonly dims: readonly number[];
}

/** The bounds that a value of a run is beyond. */
export function exceededBounds(
  { ranOn, name, dims }: SeenValue,
  bounds: Readonly<Record<string, number>>,
): readonly Violation[] {
  return Object.entries(bounds).flatMap(([key, most]) => {
    const place = parseAxisKey(key);
    const found = place?.value === name ? dims[place.axis] : undefined;
    if (found === undefined || found <= most) return [];
    const message = `${ranOn} makes "${name}" [${dims.join(', ')}], and "${key}" is bounded by ${most}`;
    return [{ message, location: { tensor: name } }];
  });
}
