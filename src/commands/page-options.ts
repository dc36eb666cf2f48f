import type { Machine } from '../nouns/machine.ts';
import type { PageOptions } from '../report/text-page.ts';
import type { Door } from './command.ts';

/** Lines of this length are readable everywhere where nobody says how wide the screen is. */
const USUAL_COLUMNS = 80;
/** A narrower screen breaks the lines itself. */
export const FEWEST_COLUMNS = 60;

/** How text is laid out for standard output: in the width of the terminal, in colour unless NO_COLOR is set. */
export function pageOptionsOf({ columns, machine }: Pick<Door, 'columns' | 'machine'>): PageOptions {
  const wide = Math.max(FEWEST_COLUMNS, columns ?? USUAL_COLUMNS);
  return {
    columns: wide,
    ...(columns !== undefined && { screenColumns: wide }),
    colour: columns !== undefined && mayColour(machine.env),
  };
}

/** Whether a terminal is to be coloured: no-color.org, and terminals that say that they are dumb. */
export function mayColour({ NO_COLOR = '', TERM }: Machine['env']): boolean {
  return NO_COLOR === '' && TERM !== 'dumb';
}
