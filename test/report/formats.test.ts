import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import AjvDraft04 from 'ajv-draft-04';
import { REPORT_FORMATS, renderReport } from '../../src/report/render-report.ts';
import { fixedMemory, probeOf } from '../support/memory-report.ts';
import { HOSTILE, RENDER_OPTIONS, sampleReport } from '../support/sample-report.ts';

const MIB = 2 ** 20;
const sarifSchema = createRequire(import.meta.url)('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');

const SPEED = {
  rounds: 9,
  profiles: [
    { profile: 'lean', ratio: 1.31, least: 1.28, most: 1.4 },
    { profile: 'fast', ratio: null, least: 0.9, most: 1.3 },
  ],
} as const;

const REPORTS = {
  'without a plan': sampleReport(),
  'that fits': sampleReport({ verdict: 'pass', findings: [] }, fixedMemory(256 * MIB)),
  'that does not fit': sampleReport({}, fixedMemory(64 * MIB)),
  'with a probe': sampleReport({}, fixedMemory(256 * MIB, { probe: probeOf(80 * MIB, 47 * MIB) })),
  'with times': sampleReport({}, fixedMemory(256 * MIB, { speed: SPEED })),
  'that is inconclusive': sampleReport(
    { verdict: 'inconclusive' },
    fixedMemory(64 * MIB, {
      verdict: 'unknown',
      recommendedLimitBytes: null,
      upperBoundBytes: null,
      runPeakBytes: null,
      peak: null,
      breakdown: null,
      moments: [],
      unknownDimensions: [
        { name: 'batch', why: 'the model leaves it open', bounds: [], declare: 'bounds: { batch: N }' },
      ],
    }),
  ),
};

describe('The times of the profiles', () => {
  for (const format of ['text', 'markdown', 'html', 'json'] as const) {
    it(`are in ${format} beside the memory, also where they are open, and nowhere when nobody timed them`, async () => {
      const page = await renderReport(REPORTS['with times'], format, RENDER_OPTIONS);
      const ratio = format === 'json' ? /"ratio": 1\.31/ : /1\.31 \(1\.28 to 1\.40\)/;
      assert.match(page, ratio);
      assert.match(page, format === 'json' ? /"ratio": null/ : /inconclusive \(0\.90 to 1\.30\)/);
      const without = await renderReport(REPORTS['that fits'], format, RENDER_OPTIONS);
      assert.doesNotMatch(without, /default options|"ratio"/);
    });
  }
});

describe('Every format of a report', () => {
  for (const format of REPORT_FORMATS) {
    for (const [title, report] of Object.entries(REPORTS)) {
      it(`${format} renders one ${title}, the same each time, and ends its last line`, async () => {
        const page = await renderReport(report, format, RENDER_OPTIONS);
        assert.equal(page, await renderReport(report, format, RENDER_OPTIONS));
        assert.match(page, /[^\n]\n$/);
        assert.doesNotMatch(page, /undefined|NaN|\[object/);
      });
    }
  }
});

describe('SARIF', () => {
  const { id: _, ...schema } = sarifSchema;
  const validate = new AjvDraft04.default({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(
    schema,
  );
  for (const [title, report] of Object.entries(REPORTS)) {
    it(`keeps to the schema of version 2.1.0 in a report ${title}`, async () => {
      const log = JSON.parse(await renderReport(report, 'sarif', RENDER_OPTIONS));
      assert.ok(validate(log), JSON.stringify(validate.errors));
    });
  }

  it('names files relative to the working folder, rules with their words, and what is accepted with its reason', async () => {
    const { runs } = JSON.parse(await renderReport(REPORTS['without a plan'], 'sarif', RENDER_OPTIONS));
    const [first] = runs[0].results;
    assert.equal(first.locations[0].physicalLocation.artifactLocation.uri, 'models/wide.onnx');
    assert.equal(runs[0].tool.driver.rules[first.ruleIndex].shortDescription.text, 'It fits');
    const accepted = runs[0].results.find((result: { ruleId: string }) => result.ruleId === 'production/loop');
    assert.equal(accepted.suppressions[0].justification, 'known');
  });
});

describe('JUnit', () => {
  const render = (report = REPORTS['without a plan'], failOn: 'error' | 'warning' = 'error') =>
    renderReport(report, 'junit', { ...RENDER_OPTIONS, failOn });

  it('fails the tests of findings that make the judgement fail, and counts them', async () => {
    const strict = await render(undefined, 'warning');
    assert.match(await render(), /<testsuites name="plimsoll" tests="\d+" failures="2" errors="0">/);
    assert.match(strict, /failures="3" errors="0">/);
    assert.match(strict, /<testcase classname="production" name="production\/float64" time="0">\n {6}<failure/);
  });

  it('takes a judgement that was not reached for an error, not for a pass', async () => {
    assert.match(
      await render(REPORTS['that is inconclusive']),
      /<error message="Whether it fits 64.0 MiB is not known."/,
    );
  });

  it('writes names so that they are text and nothing else', async () => {
    const page = await render();
    assert.ok(page.includes('&lt;img src=x onerror=alert(1)&gt;&quot;'));
    assert.ok(page.includes('\\u0007'));
  });
});

describe('Markdown', () => {
  it('says what the memory comes to, in a table by profile, and what to do about it', async () => {
    const page = await renderReport(REPORTS['that does not fit'], 'markdown', RENDER_OPTIONS);
    assert.match(page, /^### ❌ `wide.onnx`: fail\n/);
    assert.match(page, /It does not fit 64\.0 MiB: it wants 148 MiB/);
    assert.match(page, /\| \*\*lean\*\* \| does not fit \| 148 MiB \|/);
    assert.match(page, /- bound batch to 512: 138 MiB instead/);
  });

  it('lets no name be markup, a mention or a link', async () => {
    const page = await renderReport(REPORTS['without a plan'], 'markdown', RENDER_OPTIONS);
    const row = page.split('\n').find((line) => line.includes('float64')) ?? '';
    assert.doesNotMatch(row, /<img|@team|http:\/\/|\u202E/);
    assert.equal(row.split(/(?<!\\)\|/).length, 5, row);
  });
});

describe('JSON', () => {
  it('carries the names as they are', async () => {
    const { findings } = JSON.parse(await renderReport(REPORTS['without a plan'], 'json', RENDER_OPTIONS));
    assert.equal(findings[1].location.tensor, HOSTILE);
  });
});

describe('Text', () => {
  it('names the limit, the verdict, the peak with its tensors, both profiles, the largest batch and ways to take less', async () => {
    const page = await renderReport(REPORTS['that does not fit'], 'text', RENDER_OPTIONS);
    for (const part of [
      /limit +64\.0 MiB/,
      /verdict +does not fit/,
      /recommended +148 MiB/,
      /peak +at Relu second: a 12\.0 MiB, b 8\.0 MiB/,
      /lean +does not fit +148 MiB recommended/,
      /Largest batch that fits\n {2}none fits/,
      /bound batch to 512: 138 MiB instead, 10\.0 MiB less/,
    ])
      assert.match(page, part);
  });

  it('says what to declare where nothing is known, and shows no empty numbers', async () => {
    const page = await renderReport(REPORTS['that is inconclusive'], 'text', RENDER_OPTIONS);
    assert.match(page, /batch: the model leaves it open\. Declare bounds: \{ batch: N \}/);
    assert.doesNotMatch(page, /Profiles|not known recommended/);
  });
});
