/** The letters of each operand and of the output; an ellipsis is one of them. */
export interface EinsumEquation {
  readonly terms: readonly (readonly string[])[];
  readonly output: readonly string[];
}

export const ELLIPSIS = '...';

/** Longer equations name more axes than tensors have. */
export const MAX_EQUATION = 1024;

/** An equation such as `bij,bjk->bik`; without an arrow, the letters that stand once are the output's, in order. */
export function parseEquation(text: string): EinsumEquation {
  const equation = text.slice(0, MAX_EQUATION).replaceAll(/\s/g, '');
  const [left = '', right] = equation.split('->');
  return { terms: left.split(',').map(parseTerm), output: parseTerm(right ?? implicitOutput(left)) };
}

function parseTerm(term: string): readonly string[] {
  return term.match(/\.\.\.|./gsu) ?? [];
}

function implicitOutput(left: string): string {
  const letters = [...left].filter((letter) => letter !== ',' && letter !== '.');
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter)).sort();
  return (left.includes(ELLIPSIS) ? ELLIPSIS : '') + once.join('');
}
