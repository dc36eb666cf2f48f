import { createHash } from 'node:crypto';
import { TOOL } from '../../nouns/tool.ts';
import { html, Markup } from './markup.ts';
import { STYLE } from './style.ts';

export interface HtmlPage {
  readonly title: string;
  readonly header: Markup;
  readonly main: Markup;
  readonly foot: string;
  /** A program of ours; none where left out. */
  readonly script?: string;
}

/**
 * A page that needs nothing else: no network, no file beside it. Nothing is fetched, and no script runs but our own, whatever a name
 * in a model tries.
 */
export function htmlPage({ title, header, main, foot, script }: HtmlPage): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policyOf(script)}">
<meta name="color-scheme" content="light dark">
<title>${title} – ${TOOL.name}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header>
${header}
</header>
<main>
${main}
</main>
<footer><p>${TOOL.name} ${TOOL.version}; ${foot}</p></footer>
${script !== undefined && html`<script>${new Markup(script)}</script>`}
</body>
</html>
`.text;
}

function policyOf(script: string | undefined): string {
  const own =
    script === undefined ? [] : [`script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`];
  return ["default-src 'none'", "style-src 'unsafe-inline'", ...own].join('; ');
}
