import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MemoryMoment } from '../../src/nouns/memory-facts.ts';
import type { Report } from '../../src/nouns/report.ts';
import { byteTicks } from '../../src/report/html/byte-ticks.ts';
import { html } from '../../src/report/html/markup.ts';
import { renderHtml } from '../../src/report/html/render-html.ts';
import { runBars } from '../../src/report/html/run-bars.ts';
import { type BrowserPage, chromiumPath, openBrowserPage } from '../support/chromium.ts';
import { fixedMemory, probeOf } from '../support/memory-report.ts';
import { HOSTILE, sampleReport } from '../support/sample-report.ts';

const MIB = 2 ** 20;

/** A run that rises and falls, as long as wanted. */
function longRun(nodes: number): readonly MemoryMoment[] {
  return Array.from({ length: nodes }, (_, index) => {
    const activationBytes = Math.round((1 + Math.sin((9 * index) / nodes) ** 2) * 10 * MIB);
    const node = index === 7 ? HOSTILE : `layer.${index}`;
    return { node, operator: 'MatMul', bytes: activationBytes, activationBytes, outputBytes: 0, scratchBytes: 0 };
  });
}

const PAGES: Readonly<Record<string, Report>> = {
  small: sampleReport({ verdict: 'pass' }, fixedMemory(256 * MIB)),
  failing: sampleReport({}, fixedMemory(64 * MIB, { moments: longRun(300), probe: probeOf(80 * MIB, 47 * MIB) })),
  long: sampleReport({}, fixedMemory(4096 * MIB, { moments: longRun(5000) })),
  unplanned: sampleReport({ verdict: 'inconclusive' }),
};

describe('The page of a report', () => {
  it('asks nothing of any network and lets no script run but its own', () => {
    for (const report of Object.values(PAGES)) {
      const page = renderHtml(report);
      assert.deepEqual(page.match(/<[^>]*\b(src|href)=|url\(|@import/g), null);
      assert.ok(page.includes('default-src &#39;none&#39;'));
      assert.equal(page.match(/<script/g)?.length, 1);
    }
  });

  it('shows names from the model as text', () => {
    const page = renderHtml(PAGES.failing as Report);
    assert.deepEqual(page.match(/<img|\u202E/g), null);
    assert.ok(page.includes('&lt;img src=x onerror=alert(1)&gt;'));
  });

  it('stays small for a graph of 5,000 nodes', () => {
    assert.ok(renderHtml(PAGES.long as Report).length < 200_000);
  });

  it('escapes what is put into a template and leaves markup as it is', () => {
    assert.equal(html`<p>${'<b>'}${html`<i>`}${null}${false}${['&', 1]}</p>`.text, '<p>&lt;b&gt;<i>&amp;1</p>');
  });
});

describe('byteTicks', () => {
  it('goes in steps of a power of two, up to the most', () => {
    const labels = byteTicks(300 * MIB, 6).map(({ label }) => label);
    assert.deepEqual(labels, ['0', '64 MiB', '128 MiB', '192 MiB', '256 MiB']);
  });
});

describe('runBars', () => {
  it('takes the most of several nodes in a row where there are more than bars, so that no peak is lost', () => {
    const run = runBars(fixedMemory(null, { moments: longRun(5000) }), 400);
    const highest = Math.max(...longRun(5000).map(({ bytes }) => bytes));
    assert.ok(run && run.bars.length <= 400);
    assert.equal(Math.max(...run.bars.map(({ bytes }) => bytes)), highest);
    assert.equal(
      run.bars.reduce((sum, { nodes }) => sum + nodes, 0),
      5000,
    );
  });

  it('adds up to the peak of a run', () => {
    const memory = fixedMemory(null);
    const run = runBars(memory, 100);
    assert.ok(run);
    assert.equal(run.heldBytes + Math.max(...run.bars.map(({ bytes }) => bytes)), memory.runPeakBytes);
  });
});

describe('The page of a report in a browser', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-page-'));
  let page: BrowserPage;

  before(async function () {
    const program = chromiumPath();
    if (program === undefined) this.skip();
    page = await openBrowserPage(program);
    for (const [name, report] of Object.entries(PAGES)) writeFileSync(join(folder, `${name}.html`), renderHtml(report));
  });
  after(async () => {
    await page?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (name: string) => page.open(join(folder, `${name}.html`));
  const heights = () =>
    page.evaluate<Record<string, number>>(`Object.fromEntries(['limit', 'recommended'].map((kind) => {
      const line = [...document.querySelectorAll('.chart')].find((svg) => svg.getBoundingClientRect().width > 0)?.querySelector('.' + kind + ' line');
      return [kind, line ? line.getBoundingClientRect().top : -1];
    }))`);

  for (const view of [
    { width: 1280, height: 900, scheme: 'light' },
    { width: 1280, height: 900, scheme: 'dark' },
    { width: 390, height: 800, scheme: 'light' },
    { width: 390, height: 800, scheme: 'dark' },
  ] as const) {
    for (const name of Object.keys(PAGES)) {
      it(`is accessible and within its width: ${name}, ${view.width} wide, ${view.scheme}`, async () => {
        await page.look(view);
        await open(name);
        const width = await page.evaluate<number>('document.documentElement.scrollWidth');
        assert.ok(width <= view.width, `${width} wide on a screen of ${view.width}`);
        await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
        const { violations } = await page.evaluate<{ violations: { id: string; impact: string; nodes: unknown[] }[] }>(
          'axe.run({ resultTypes: ["violations"] })',
        );
        const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
        assert.deepEqual(
          grave.map(({ id, nodes }) => ({ id, nodes: nodes.slice(0, 2) })),
          [],
        );
      });
    }
  }

  it('draws the limit below the recommended one where the model does not fit, and above it where it does', async () => {
    await page.look({ width: 1280, height: 900, scheme: 'light' });
    await open('failing');
    const failing = await heights();
    assert.ok((failing.limit ?? 0) > (failing.recommended ?? 0) && (failing.recommended ?? 0) > 0);
    await open('small');
    const passing = await heights();
    assert.ok((passing.limit ?? 0) < (passing.recommended ?? 0) && (passing.limit ?? 0) > 0);
  });

  it('tells a limit that is far above instead of drawing everything flat', async () => {
    await open('long');
    assert.equal((await heights()).limit, -1);
    assert.match(await page.evaluate('document.querySelector(".chart").textContent'), /limit 4\.0 GiB, far above/);
  });

  it('names nodes to the arrow keys, and has the same in a table', async () => {
    await open('failing');
    await page.evaluate('document.querySelector(".picture").focus()');
    await page.press('ArrowRight');
    await page.press('ArrowRight');
    const text = await page.evaluate<string>('document.querySelector(".picture").getAttribute("aria-valuetext")');
    assert.match(text, /^node 3–4: MatMul layer\.\d, 10\.\d MiB$/);
    assert.equal(await page.evaluate('document.querySelector(".reading").textContent'), text);
    assert.ok((await page.evaluate<number>('document.querySelectorAll("figure tbody tr").length')) > 100);
  });

  it('runs no script that a name brings along', async () => {
    await open('failing');
    assert.equal(await page.evaluate('document.images.length'), 0);
  });
});
