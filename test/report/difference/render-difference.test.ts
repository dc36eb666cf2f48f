import assert from 'node:assert/strict';
import { ReportDocument } from '../../../schemas/report.ts';
import type { Difference } from '../../../src/nouns/difference.ts';
import type { Report } from '../../../src/nouns/report.ts';
import type { VerdictMetric } from '../../../src/nouns/verdict.ts';
import { diffReports } from '../../../src/recipes/diff/diff-reports.ts';
import { diffVerdicts } from '../../../src/recipes/diff/diff-verdicts.ts';
import { DIFFERENCE_FORMATS, renderDifference } from '../../../src/report/difference/render-difference.ts';
import { fixedMemory } from '../../support/memory-report.ts';
import { FINDINGS, HOSTILE, sampleReport } from '../../support/sample-report.ts';
import { failingVerdict, passingVerdict } from '../../support/sample-verdict.ts';

const MIB = 2 ** 20;
const documentOf = (report: Report) => ReportDocument.parse(JSON.parse(JSON.stringify(report)));
const between = (before: Report, after: Report) => diffReports(documentOf(before), documentOf(after));

const PASSED = sampleReport({ verdict: 'pass', findings: [] }, fixedMemory(256 * MIB));
const FAILED = sampleReport({}, fixedMemory(64 * MIB, { recommendedLimitBytes: 180 * MIB }));
const FAILING = between(PASSED, FAILED);

const DRAWS = Array.from({ length: 100 }, (_, at) => at / 1000);
const [ACCURACY] = passingVerdict().metrics as [VerdictMetric];
const drawn = (value: number) => ({ ...ACCURACY.overall, value, replicates: DRAWS.map((more) => value + more) });
const BETTER = passingVerdict({ metrics: [{ ...ACCURACY, overall: drawn(0.93) }] });
const WORSE = passingVerdict({ metrics: [{ ...ACCURACY, overall: drawn(0.89) }] });

const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'of a report that fails now': FAILING,
  'of a report that passes again': between(FAILED, PASSED),
  'of equal reports': between(PASSED, PASSED),
  'of locks': {
    kind: 'lock',
    same: false,
    breaking: false,
    changes: [{ what: `libc6 ${HOSTILE}`, from: '2.36-9', to: undefined, fromBytes: 2 * MIB, toBytes: undefined }],
  },
  'of images': {
    kind: 'image',
    same: false,
    breaking: false,
    figures: [{ what: 'image linux/amd64, bytes', from: 60 * MIB, to: 66 * MIB }],
    layers: [
      { platform: 'linux/amd64', name: 'model', same: false, fromBytes: 1 * MIB, toBytes: 7 * MIB },
      { platform: 'linux/amd64', name: 'base', same: true, fromBytes: null, toBytes: null },
    ],
    settings: [{ what: `label ${HOSTILE}`, from: null, to: 'x' }],
    lock: null,
    verdict: diffVerdicts(passingVerdict(), failingVerdict()),
  },
  'of verdicts': diffVerdicts(failingVerdict(), WORSE),
};

const render = (difference: Difference, format: (typeof DIFFERENCE_FORMATS)[number], columns = 80) =>
  renderDifference(difference, {
    format,
    names: { old: 'old.json', new: HOSTILE },
    page: { columns, colour: false },
  });

describe('Every format of a comparison', () => {
  for (const format of DIFFERENCE_FORMATS) {
    for (const [title, difference] of Object.entries(DIFFERENCES)) {
      it(`${format} renders one ${title}, and ends its last line`, async () => {
        const page = await render(difference, format);
        assert.match(page, /[^\n]\n$/);
        assert.doesNotMatch(page, /undefined|NaN|\[object/);
        if (format !== 'json') assert.doesNotMatch(page, format === 'text' ? /\u202E/ : /<img|\u202E/);
      });
    }
  }

  it('text fits 60 columns', async () => {
    for (const difference of Object.values(DIFFERENCES)) {
      const lines = (await render(difference, 'text', 60)).split('\n');
      assert.deepEqual(
        lines.filter((line) => line.length > 60 && !line.includes('img')),
        [],
      );
    }
  });

  it('JSON has null where nothing was, and what both sides are called', async () => {
    const { schema, old, kind, changes } = JSON.parse(await render(DIFFERENCES['of locks'] as Difference, 'json'));
    assert.deepEqual([schema, old, kind, changes[0].to], ['plimsoll.diff/1', 'old.json', 'lock', null]);
  });

  it('Markdown says first whether it still passes, then what moved, and by how much', async () => {
    const page = await render(FAILING, 'markdown');
    assert.match(page, /^### ❌ `wide\.onnx`: pass → fail\n/);
    assert.match(page, /\| recommended limit \| .+ \| → \| 180 MiB \| \+.+ %\) \|/);
    assert.match(page, /\| error \| budget\/memory \| the container wants 148 MiB/);
    const tables = page.split('\n\n').filter((part) => part.startsWith('|'));
    for (const table of tables) {
      const widths = new Set(
        table
          .trim()
          .split('\n')
          .map((line) => line.split(/(?<!\\)\|/).length),
      );
      assert.equal(widths.size, 1, table);
    }
  });

  it('Markdown shows metrics with their intervals, and whether what moved may be chance', async () => {
    const page = await render(diffVerdicts(BETTER, WORSE), 'markdown');
    assert.match(page, /^### ✅ .+: pass, as before\n/);
    assert.match(
      page,
      /\| accuracy \(held-out\.csv\) \| 0\.93 \(0\.91 to 0\.95\) \| → \| 0\.89 .+ \| −0\.04 \(−0\.04 to −0\.04\), worse \|/,
    );
  });

  it('HTML asks nothing of any network, and runs no script at all', async () => {
    const page = await render(FAILING, 'html');
    assert.deepEqual(page.match(/<script|<[^>]*\b(src|href)=|url\(/g), null);
    assert.ok(page.includes('default-src &#39;none&#39;'));
  });
});

describe('diffReports', () => {
  it('names findings that are new and those that are gone, whatever numbers their messages have', () => {
    const moved = FINDINGS.map((finding) => ({ ...finding, message: `${finding.message} now` }));
    assert.deepEqual(between(FAILED, { ...FAILED, findings: moved }).findings, { added: [], gone: [] });
    assert.equal(FAILING.findings.added.length, FINDINGS.length);
    assert.equal(between(FAILED, PASSED).findings.gone.length, FINDINGS.length);
  });

  it('is the same only where verdict, figures, findings and signature are', () => {
    assert.equal(between(PASSED, PASSED).same, true);
    assert.equal(between(PASSED, { ...PASSED, verdict: 'inconclusive' }).same, false);
    assert.equal(FAILING.same, false);
    const [first, ...others] = PASSED.model.inputs;
    assert.ok(first);
    const renamed = { ...PASSED, model: { ...PASSED.model, inputs: [{ ...first, name: 'other' }, ...others] } };
    assert.equal(between(PASSED, renamed).breaking, true);
  });
});
