import { broadcastShapes } from '../broadcast-shapes.ts';
import { Contradiction } from '../contradiction.ts';
import type { Sizes } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import { broadcastSizes } from '../size/broadcast.ts';
import type { Size } from '../size/size.ts';

/** Longer equations than this name more axes than tensors have. */
const MAX_EQUATION = 1024;

/** The shape that an equation such as `bij,bjk->bik` gives; without an arrow, the letters that stand once, in order. */
export function einsum(context: NodeContext): Sizes {
  const equation = context.text('equation', '').replaceAll(/\s/g, '');
  if (equation.length > MAX_EQUATION)
    throw new Contradiction('the equation is too long', { wanted: `${MAX_EQUATION} characters` });
  const [left = '', right] = equation.split('->');
  const terms = left.split(',');
  if (terms.length !== context.inputs.length) {
    throw new Contradiction('the equation has a term for each input', {
      found: `${terms.length} terms`,
      wanted: String(context.inputs.length),
    });
  }
  const axes = new Map<string, Size>();
  const batches = terms.map((term, input) => readTerm(parseTerm(term), { shape: context.shape(input), axes, input }));
  const ellipsis = broadcastShapes(batches);
  return parseTerm(right ?? implicitOutput(left)).flatMap((letter) =>
    letter === ELLIPSIS ? ellipsis : sizeOf(letter, axes),
  );
}

const ELLIPSIS = '...';

function parseTerm(term: string): readonly string[] {
  return term.match(/\.\.\.|./gsu) ?? [];
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

function implicitOutput(left: string): string {
  const letters = [...left].filter((letter) => letter !== ',' && letter !== '.');
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter)).sort();
  return (left.includes(ELLIPSIS) ? ELLIPSIS : '') + once.join('');
}

function sizeOf(letter: string, axes: ReadonlyMap<string, Size>): Size {
  const size = axes.get(letter);
  if (size === undefined) throw new Contradiction(`axis ${letter} of the equation's output is in no input`);
  return size;
}
