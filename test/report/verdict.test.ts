import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import AjvDraft04 from 'ajv-draft-04';
import * as z from 'zod';
import { VerdictDocument } from '../../schemas/verdict.ts';
import type { ImageVerdict } from '../../src/nouns/verdict.ts';
import { renderVerdict, VERDICT_FORMATS } from '../../src/report/verdict/render-verdict.ts';
import { type BrowserPage, chromiumPath, openBrowserPage } from '../support/chromium.ts';
import { graveViolations } from '../support/grave-violations.ts';
import { HOSTILE } from '../support/sample-report.ts';
import { failingVerdict, passingVerdict } from '../support/sample-verdict.ts';

const OPTIONS = { columns: 80, colour: false, folder: '/srv', file: '/srv/team/plimsoll.lock' };
const VERDICTS: Readonly<Record<string, ImageVerdict>> = {
  'that passes': passingVerdict(),
  'that fails': failingVerdict(),
};

describe('Every format of a verdict', () => {
  for (const format of VERDICT_FORMATS) {
    for (const [title, verdict] of Object.entries(VERDICTS)) {
      it(`${format} renders one ${title}, the same each time, and ends its last line`, async () => {
        const page = await renderVerdict(verdict, format, OPTIONS);
        assert.equal(page, await renderVerdict(verdict, format, OPTIONS));
        assert.match(page, /[^\n]\n$/);
        assert.doesNotMatch(page, /undefined|NaN|\[object/);
      });
    }
  }

  it('names owner, mend and the line that shows a failure', async () => {
    for (const format of ['text', 'junit', 'markdown', 'html', 'sarif'] as const) {
      const page = (await renderVerdict(failingVerdict(), format, { ...OPTIONS, columns: 400 })).replaceAll(
        '&#64;',
        '@',
      );
      for (const words of ['platform@example.org', 'Raise the limit', 'failure-1.json'])
        assert.ok(page.includes(words), `${format}: ${words}`);
    }
  });

  it('lets no name be markup', async () => {
    const verdict = failingVerdict({ model: { name: HOSTILE, version: '1' } });
    assert.doesNotMatch(await renderVerdict(verdict, 'html', OPTIONS), /<img/);
    assert.doesNotMatch(await renderVerdict(verdict, 'text', OPTIONS), /\u202E/);
  });
});

describe('A verdict on a terminal', () => {
  it('is at most a screen when all is well, also in 60 columns', async () => {
    const page = await renderVerdict(passingVerdict(), 'text', { ...OPTIONS, columns: 60 });
    const lines = page.split('\n');
    assert.ok(lines.length <= 24, String(lines.length));
    // A digest is one word, which stays whole to be copied.
    assert.ok(
      lines.every((line) => line.length <= 60 || line.includes('sha256:')),
      page,
    );
  });

  it('begins with what failed', async () => {
    assert.match(
      await renderVerdict(failingVerdict(), 'text', OPTIONS),
      /^failure of system \(platform@example\.org\)/,
    );
  });
});

describe('The schema of the verdict', () => {
  const validate = new Ajv2020({ strict: false }).compile(z.toJSONSchema(VerdictDocument) as object);
  for (const [title, verdict] of Object.entries(VERDICTS)) {
    it(`takes one ${title}, and knows every key of it`, async () => {
      const json = JSON.parse(await renderVerdict(verdict, 'json', OPTIONS));
      assert.ok(validate(json), JSON.stringify(validate.errors));
      assert.deepEqual(VerdictDocument.parse(json), json);
    });
  }
});

describe('SARIF of a verdict', () => {
  const { id: _, ...schema } = createRequire(import.meta.url)(
    '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json',
  );
  const validate = new AjvDraft04.default({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(
    schema,
  );
  for (const [title, verdict] of Object.entries(VERDICTS)) {
    it(`keeps to the schema of version 2.1.0 in one ${title}`, async () => {
      const log = JSON.parse(await renderVerdict(verdict, 'sarif', OPTIONS));
      assert.ok(validate(log), JSON.stringify(validate.errors));
    });
  }
});

describe('JUnit of a verdict', () => {
  it('tells failures from errors, which nobody owns, and from what was skipped', async () => {
    const xml = await renderVerdict(failingVerdict(), 'junit', OPTIONS);
    assert.match(xml, /<testsuites name="plimsoll" tests="4" failures="1" errors="1">/);
    assert.match(xml, /skipped="1"/);
  });
});

describe('The page of a verdict in a browser', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-verdict-'));
  let page: BrowserPage;

  before(async function () {
    const program = chromiumPath();
    if (program === undefined) this.skip();
    page = await openBrowserPage(program);
  });
  after(async () => {
    await page?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const scheme of ['light', 'dark'] as const) {
    for (const width of [1280, 390]) {
      it(`is accessible and within its width: ${width} wide, ${scheme}`, async () => {
        await page.look({ width, height: 900, scheme });
        for (const [name, verdict] of Object.entries(VERDICTS)) {
          const file = join(folder, `${name.replaceAll(' ', '-')}.html`);
          writeFileSync(file, await renderVerdict(verdict, 'html', OPTIONS));
          await page.open(file);
          const found = await page.evaluate<number>('document.documentElement.scrollWidth');
          assert.ok(found <= width, `${found} wide on a screen of ${width}`);
          assert.deepEqual(await graveViolations(page), []);
        }
      });
    }
  }
});
