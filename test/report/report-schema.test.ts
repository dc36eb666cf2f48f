import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as z from 'zod';
import { ReportDocument } from '../../schemas/report.ts';
import type { Report } from '../../src/nouns/report.ts';
import { renderReport } from '../../src/report/render-report.ts';
import { fixedMemory, plannedMemory, probeOf } from '../support/memory-report.ts';
import { RENDER_OPTIONS, sampleReport } from '../support/sample-report.ts';

const MIB = 2 ** 20;

describe('The schema of the report', () => {
  const schema = z.toJSONSchema(ReportDocument) as { properties: Record<string, unknown> };
  const validate = new Ajv2020({ strict: false }).compile(schema);

  const rows: Readonly<Record<string, Report>> = {
    'without a plan': sampleReport(),
    'with a plan': sampleReport({}, plannedMemory({ limitBytes: 64 * MIB })),
    'with a plan that is unknown': sampleReport({}, plannedMemory({ limitBytes: 64 * MIB, bounds: {} })),
    'with a probe': sampleReport({}, fixedMemory(256 * MIB, { probe: probeOf(80 * MIB, 47 * MIB) })),
  };
  for (const [title, report] of Object.entries(rows)) {
    it(`takes a report ${title}, and knows every key of it`, async () => {
      const json = JSON.parse(await renderReport(report, 'json', RENDER_OPTIONS));
      assert.ok(validate(json), JSON.stringify(validate.errors));
      assert.deepEqual(ReportDocument.parse(json), json, 'a key that the schema does not know is left out');
    });
  }

  it('refuses one in which a number that is not known is left out', () => {
    const report = JSON.parse(JSON.stringify(sampleReport({}, fixedMemory(null))));
    delete report.memory.recommendedLimitBytes;
    assert.equal(validate(report), false);
  });
});
