import { join } from 'node:path';
import { readRecord, renderCoverage, renderRows } from '../../bench/convert-record.ts';
import { FRAMEWORK_FACTS } from '../../src/convert/frameworks.ts';

/** The page of what converts, from the record of the script that measured it. */
export function convertTablePage(root: string): string {
  const names = Object.values(FRAMEWORK_FACTS).flatMap(({ environments }) => environments.map(({ name }) => name));
  const environments = [...new Set(names)];
  const record = readRecord(join(root, 'bench/convert/results.jsonl'), environments);
  return `# Conversions, row by row

Measured by \`npx tsx bench/convert-table.ts --record bench/convert/results.jsonl\` on two cores of a busy machine, Python 3.11, with environments
in the cache. Every export is also held to what is promised of it: nothing of the machine in it, opsets as reported, shapes as declared. The
difference is the largest of any element, and in brackets relative to the largest answer; the time is that of \`plimsoll convert\`.

## How much is recorded

${renderCoverage(record, environments)}
## The rows

${renderRows(record.rows)}`;
}
