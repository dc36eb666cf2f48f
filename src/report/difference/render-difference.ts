import type { Difference } from '../../nouns/difference.ts';
import { TOOL } from '../../nouns/tool.ts';
import { type PageOptions, renderPage } from '../text-page.ts';
import { differenceSections, differenceTitle } from './difference-sections.ts';

export interface DifferenceNames {
  readonly old: string;
  readonly new: string;
}

type Renderer = (difference: Difference, names: DifferenceNames, options: PageOptions) => string;

/** Each is loaded when it is asked for. The first is the usual one. */
const RENDERERS = {
  text: async () => renderText,
  json: async () => renderJson,
  markdown: async () => (await import('./difference-markdown.ts')).renderDifferenceMarkdown,
  html: async () => (await import('./difference-html.ts')).renderDifferenceHtml,
} satisfies Readonly<Record<string, () => Promise<Renderer>>>;

export type DifferenceFormat = keyof typeof RENDERERS;

export const DIFFERENCE_FORMATS = Object.keys(RENDERERS) as [DifferenceFormat, ...DifferenceFormat[]];

/** A comparison in a format, with a line's end at its end. */
export async function renderDifference(
  difference: Difference,
  {
    format,
    names,
    page,
  }: { readonly format: DifferenceFormat; readonly names: DifferenceNames; readonly page: PageOptions },
): Promise<string> {
  const render: Renderer = await RENDERERS[format]();
  return render(difference, names, page);
}

function renderText(difference: Difference, _: DifferenceNames, options: PageOptions): string {
  const sections = differenceSections(difference);
  if (difference.kind === 'model' && !difference.same) return renderPage(sections, options);
  const title = `${differenceTitle(difference)}\n`;
  return difference.same ? title : `${title}\n${renderPage(sections, options)}`;
}

function renderJson(difference: Difference, names: DifferenceNames): string {
  const { name, version } = TOOL;
  const document = { schema: 'plimsoll.diff/1', tool: { name, version }, ...names, ...difference };
  return `${JSON.stringify(document, nullForUndefined, 2)}\n`;
}

/** What is not known is `null`, never left out. */
function nullForUndefined(_: string, value: unknown): unknown {
  return value === undefined ? null : value;
}
