import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReportDocument } from '../../schemas/report.ts';
import type { MemoryMoment } from '../../src/nouns/memory-facts.ts';
import type { Report } from '../../src/nouns/report.ts';
import { diffReports } from '../../src/recipes/diff/diff-reports.ts';
import { renderDifferenceHtml } from '../../src/report/difference/difference-html.ts';
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

/** From a report that passes to one that fails, on a page. */
function comparison(): string {
  const [before, after] = [PAGES.small, PAGES.failing].map((report) =>
    ReportDocument.parse(JSON.parse(JSON.stringify(report))),
  );
  assert.ok(before && after);
  return renderDifferenceHtml(diffReports(before, after), { old: 'base.json', new: HOSTILE });
}

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
    writeFileSync(join(folder, 'comparison.html'), comparison());
    writeFileSync(join(folder, 'blank.html'), '');
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
    for (const name of [...Object.keys(PAGES), 'comparison']) {
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

  it('draws layers by size, each bar as long as its layer is large, and names what the lock does', async () => {
    await page.look({ width: 1280, height: 900, scheme: 'light' });
    await open('small');
    const layers = await page.evaluate<[string, number][]>(
      `[...document.querySelector('[aria-labelledby=image] .bars').querySelectorAll('tbody tr')].map((row) =>
        [row.querySelector('th').textContent, row.querySelector('rect').getBoundingClientRect().width])`,
    );
    assert.deepEqual(
      layers.map(([name]) => name),
      ['node', 'base'],
    );
    const [[, node], [, base]] = layers as [[string, number], [string, number]];
    assert.ok(Math.abs(base / node - 3 / 40) < 0.02, `${base} beside ${node}`);
    assert.match(
      await page.evaluate('document.querySelector("[aria-labelledby=image] .facts").textContent'),
      /debian trixie/,
    );
  });

  for (const scheme of ['light', 'dark'] as const) {
    it(`shows the limit as a red line on a ${scheme} page, in a picture`, async () => {
      await page.look({ width: 1280, height: 900, scheme });
      await open('failing');
      const line = await page.evaluate<{ x: number; y: number }>(`(() => {
        const chart = [...document.querySelectorAll('.chart')].find((svg) => svg.getBoundingClientRect().width > 0);
        const { left, top, width, height } = chart.querySelector('.limit line').getBoundingClientRect();
        return { x: Math.round(left + scrollX + width * 0.97), y: Math.round(top + scrollY + height / 2) };
      })()`);
      const [corner, limit] = await coloursAt([{ x: 2, y: 2 }, line]);
      assert.ok(corner && limit);
      const isDark = corner.every((value) => value < 64);
      const isLight = corner.every((value) => value > 240);
      assert.deepEqual([isDark, isLight], [scheme === 'dark', scheme === 'light'], String(corner));
      assert.ok(limit[0] > 150 && limit[0] > 1.5 * limit[1], `the limit is ${limit}`);
    });
  }

  it('prints dark on light whatever the screen is, without what only a pointer or key reaches', async () => {
    await page.look({ width: 800, height: 1100, scheme: 'dark', isPrinted: true });
    await open('failing');
    assert.equal(await page.evaluate('getComputedStyle(document.querySelector(".reading")).display'), 'none');
    const [corner] = await coloursAt([{ x: 2, y: 2 }]);
    assert.ok(
      corner?.every((value) => value === 255),
      String(corner),
    );
    await page.look({ width: 1280, height: 900, scheme: 'light' });
  });

  /** Colours in a picture of the page, as a canvas of the browser decodes it. */
  async function coloursAt(
    points: readonly { readonly x: number; readonly y: number }[],
  ): Promise<readonly [number, number, number][]> {
    const picture = (await page.picture()).toString('base64');
    await open('blank');
    return page.evaluate(`(async () => {
      const image = new Image();
      image.src = 'data:image/png;base64,${picture}';
      await image.decode();
      const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0);
      return ${JSON.stringify(points)}.map(({ x, y }) => [...context.getImageData(x, y, 1, 1).data.slice(0, 3)]);
    })()`);
  }

  it('runs no script that a name brings along', async () => {
    await open('failing');
    assert.equal(await page.evaluate('document.images.length'), 0);
  });
});
