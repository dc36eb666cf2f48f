import { type ImageVerdict, withoutReplicates } from '../../nouns/verdict.ts';
import type { PageOptions } from '../text-page.ts';

export interface VerdictRenderOptions extends PageOptions {
  /** The working folder: paths are relative to it. */
  readonly folder: string;
  /** What a place in a list of alerts points at: the configuration, or the model. */
  readonly file: string | undefined;
}

type Renderer = (verdict: ImageVerdict, options: VerdictRenderOptions) => string;

/** Each is loaded when it is asked for. The first is the usual one. */
const RENDERERS = {
  text: async () => (await import('./verdict-text.ts')).renderVerdictText,
  json: async () => (verdict: ImageVerdict) => `${JSON.stringify(withoutReplicates(verdict), null, 2)}\n`,
  sarif: async () => (await import('./verdict-sarif.ts')).renderVerdictSarif,
  junit: async () => (await import('./verdict-junit.ts')).renderVerdictJunit,
  markdown: async () => (await import('./verdict-markdown.ts')).renderVerdictMarkdown,
  html: async () => (await import('./verdict-html.ts')).renderVerdictHtml,
} satisfies Readonly<Record<string, () => Promise<Renderer>>>;

export type VerdictFormat = keyof typeof RENDERERS;

export const VERDICT_FORMATS = Object.keys(RENDERERS) as [VerdictFormat, ...VerdictFormat[]];

/** A verdict in a format, with a line's end at its end. */
export async function renderVerdict(
  verdict: ImageVerdict,
  format: VerdictFormat,
  options: VerdictRenderOptions,
): Promise<string> {
  const render: Renderer = await RENDERERS[format]();
  return render(verdict, options);
}
