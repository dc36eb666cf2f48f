import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { BrowserPage } from './chromium.ts';

/** What axe-core finds serious or worse on the page that is open. */
export async function graveViolations(
  page: BrowserPage,
): Promise<readonly { readonly id: string; readonly nodes: readonly unknown[] }[]> {
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations } = await page.evaluate<{ violations: { id: string; impact: string; nodes: unknown[] }[] }>(
    'axe.run({ resultTypes: ["violations"] })',
  );
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return grave.map(({ id, nodes }) => ({ id, nodes: nodes.slice(0, 2) }));
}
