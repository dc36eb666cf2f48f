import type { Severity } from '../nouns/finding.ts';
import type { Report } from '../nouns/report.ts';
import type { PageOptions } from './text-page.ts';

/** What is said of a rule beside its findings. */
export interface RuleWords {
  readonly title: string;
  readonly explanation: string;
  readonly mend: string;
}

export interface RenderOptions extends PageOptions {
  /** `undefined` for rules that have no page. */
  readonly describe: (rule: string) => RuleWords | undefined;
  /** The working folder: what is shown relative to something is relative to it. */
  readonly folder: string;
  /** The mildest finding that makes the judgement fail. */
  readonly failOn: Severity;
}

type Renderer = (report: Report, options: RenderOptions) => string;

/** Each is loaded when it is asked for. The first is the usual one. */
const RENDERERS = {
  text: async () => (await import('./report-text.ts')).renderText,
  json: async () => (report: Report) => `${JSON.stringify(report, null, 2)}\n`,
  sarif: async () => (await import('./report-sarif.ts')).renderSarif,
  junit: async () => (await import('./report-junit.ts')).renderJunit,
  markdown: async () => (await import('./report-markdown.ts')).renderMarkdown,
  html: async () => (await import('./html/render-html.ts')).renderHtml,
} satisfies Readonly<Record<string, () => Promise<Renderer>>>;

export type ReportFormat = keyof typeof RENDERERS;

export const REPORT_FORMATS = Object.keys(RENDERERS) as [ReportFormat, ...ReportFormat[]];

/** A report in a format, with a line's end at its end. */
export async function renderReport(report: Report, format: ReportFormat, options: RenderOptions): Promise<string> {
  const render: Renderer = await RENDERERS[format]();
  return render(report, options);
}
