import { broadcastShapes } from '../broadcast-shapes.ts';
import { Contradiction } from '../contradiction.ts';
import { ELLIPSIS, MAX_EQUATION, parseEquation } from '../einsum-equation.ts';
import type { Sizes } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import { broadcastSizes } from '../size/broadcast.ts';
import type { Size } from '../size/size.ts';

/** The shape that an equation such as `bij,bjk->bik` gives; without an arrow, the letters that stand once, in order. */
export function einsum(context: NodeContext): Sizes {
  const equation = context.text('equation', '');
  if (equation.length > MAX_EQUATION)
    throw new Contradiction('the equation is too long', { wanted: `${MAX_EQUATION} characters` });
  const { terms, output } = parseEquation(equation);
  if (terms.length !== context.inputs.length) {
    throw new Contradiction('the equation has a term for each input', {
      found: `${terms.length} terms`,
      wanted: String(context.inputs.length),
    });
  }
  const axes = new Map<string, Size>();
  const batches = terms.map((term, input) => readTerm(term, { shape: context.shape(input), axes, input }));
  const ellipsis = broadcastShapes(batches);
  return output.flatMap((letter) => (letter === ELLIPSIS ? ellipsis : sizeOf(letter, axes)));
}

interface TermFacts {
  readonly shape: Sizes;
  /** What each letter stands for, filled in as terms are read. */
  readonly axes: Map<string, Size>;
  readonly input: number;
}

/** Notes the size of each letter and gives back what the ellipsis stands for. */
function readTerm(letters: readonly string[], { shape, axes, input }: TermFacts): Sizes {
  const at = letters.indexOf(ELLIPSIS);
  const named = at < 0 ? letters.length : letters.length - 1;
  const spare = shape.length - named;
  if (spare < 0 || (at < 0 && spare > 0)) {
    throw new Contradiction('a term of the equation does not fit its input', {
      found: `rank ${shape.length}`,
      wanted: `rank ${named}`,
      input,
    });
  }
  letters.forEach((letter, place) => {
    if (letter === ELLIPSIS) return;
    const size = shape[at >= 0 && place > at ? place - 1 + spare : place] ?? 1;
    const common = broadcastSizes(axes.get(letter) ?? size, size);
    if (common === null) throw new Contradiction(`axis ${letter} of the equation has two sizes`, { input });
    axes.set(letter, common);
  });
  return at < 0 ? [] : shape.slice(at, at + spare);
}

function sizeOf(letter: string, axes: ReadonlyMap<string, Size>): Size {
  const size = axes.get(letter);
  if (size === undefined) throw new Contradiction(`axis ${letter} of the equation's output is in no input`);
  return size;
}
