import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HAS_CORPUS, unpack } from '../test/onnx/corpus.ts';
import { type Answer, askCase, type Mode, nodeCases } from '../test/validate/shapes/node-cases.ts';

const MODES: readonly Mode[] = ['shapes', 'values', 'symbols'];

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-shapes-'));
try {
  if (!HAS_CORPUS) throw new Error('the corpus is not there');
  await unpack('bundles/onnx-backend-node.shared.tar.gz', folder);
  const cases = [...nodeCases(join(folder, 'onnx-backend/node'))];
  for (const mode of MODES) {
    const started = performance.now();
    const answers = cases.flatMap((nodeCase) => askCase(nodeCase, mode));
    report(`node tests, ${mode}`, answers, performance.now() - started);
  }
} finally {
  rmSync(folder, { recursive: true });
}

function report(title: string, answers: readonly Answer[], milliseconds: number): void {
  const of = (kind: Answer['verdict']['kind']) => answers.filter(({ verdict }) => verdict.kind === kind);
  console.log(
    `${title}: ${answers.length} outputs asked, ${of('equal').length} equal, ${of('unknown').length} unknown, ${of('wrong').length} wrong, ${milliseconds.toFixed(0)} ms`,
  );
  for (const { test, output, verdict } of of('wrong'))
    if (verdict.kind === 'wrong') console.log(`  wrong ${test} ${output}: ${verdict.found}, wanted ${verdict.wanted}`);
  if (!process.argv.includes('--unknown')) return;
  for (const { test, output, verdict } of of('unknown'))
    if (verdict.kind === 'unknown') console.log(`  unknown ${test} ${output}: ${verdict.reason}`);
}
