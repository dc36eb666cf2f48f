import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecord, renderCoverage, renderRows } from '../../bench/convert-record.ts';

const ENVIRONMENTS = ['one', 'other'];
const ROW = { environment: 'one', isWanted: true, seconds: 1 };
const CONVERSION = { framework: { name: 'one', version: '1' }, route: 'the way', failedRoutes: [], opsets: {} };
const REFUSED = { code: 'convert/code', message: 'it is a | pickle', mend: '' };

describe('The record of conversions', () => {
  let folder: string;
  const recordOf = (...lines: readonly object[]) => {
    const path = join(folder, 'record.jsonl');
    writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return readRecord(path, ENVIRONMENTS);
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'plimsoll-record-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('says of each environment how many of its rows are recorded, what came of them, and which are not', () => {
    const record = recordOf(
      { environment: 'one', kinds: ['linear', 'trees', 'texts', 'pickle'] },
      { ...ROW, kind: 'trees', isWanted: false, failure: REFUSED },
      { ...ROW, kind: 'pickle', failure: REFUSED },
      { ...ROW, kind: 'linear', conversion: { ...CONVERSION, parity: [] } },
    );
    assert.deepEqual(renderCoverage(record, ENVIRONMENTS).trim().split('\n').slice(2), [
      '| one | 3 of 4 | 1 | 1 | 1 | texts |',
      '| other | none | 0 | 0 | 0 | everything |',
    ]);
    assert.deepEqual(
      record.rows.map(({ kind }) => kind),
      ['linear', 'trees', 'pickle'],
    );
  });

  it('counts the last row of a kind, and none of a kind that the bench has no more', () => {
    const { rows } = recordOf(
      { environment: 'one', kinds: ['linear', 'gone'] },
      { ...ROW, kind: 'gone', failure: REFUSED },
      { ...ROW, kind: 'linear', isWanted: false, failure: REFUSED },
      { environment: 'one', kinds: ['linear'] },
      { ...ROW, kind: 'linear', seconds: 2, failure: REFUSED },
    );
    assert.deepEqual(rows, [{ ...ROW, kind: 'linear', seconds: 2, failure: REFUSED }]);
  });

  it('shows what came out otherwise with what a person reads', () => {
    const shown = renderRows([{ ...ROW, kind: 'trees', isWanted: false, failure: REFUSED }]);
    assert.match(
      shown,
      /\| one \| trees \| \*\*unexpected\*\*: `convert\/code`: it is a \\\| pickle \| {2}\| {2}\| 1 \|/,
    );
  });
});
