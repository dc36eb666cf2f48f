import type { PageOptions } from '../report/text-page.ts';
import type { Door } from './command.ts';

/** Lines of this length are readable everywhere where nobody says how wide the screen is. */
const USUAL_COLUMNS = 80;

/** How text is laid out for standard output: in the width of the terminal, in colour unless NO_COLOR is set. */
export function pageOptionsOf({ columns, machine }: Door): PageOptions {
  const isPlain = columns === undefined || (machine.env.NO_COLOR ?? '') !== '' || machine.env.TERM === 'dumb';
  return { columns: columns ?? USUAL_COLUMNS, colour: !isPlain };
}
