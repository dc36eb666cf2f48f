import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CORPUS, HAS_CORPUS, unpack } from '../test/onnx/corpus.ts';
import { type Answer, askCase, type Mode, nodeCases } from '../test/validate/shapes/node-cases.ts';
import { askRecording, recordedModels } from '../test/validate/shapes/recorded-models.ts';
import { askVectors } from '../test/validate/shapes/upstream-vectors.ts';

/**
 * Holds shape inference against what is known to be true and prints the counts. With `--unknown` every value that stays open is listed;
 * with `--recorded FOLDER` the models there are asked, too, as scripts/record-shape-oracles.py wrote them.
 */
const MODES: readonly Mode[] = ['shapes', 'values', 'symbols'];

if (!HAS_CORPUS) throw new Error(`the corpus is not at ${CORPUS}`);
const folder = mkdtempSync(join(tmpdir(), 'plimsoll-shapes-'));
try {
  await askNodeTests();
  askUpstream();
  const at = process.argv.indexOf('--recorded');
  if (at > 0) askRecordings(process.argv[at + 1] ?? '');
} finally {
  rmSync(folder, { recursive: true });
}

async function askNodeTests(): Promise<void> {
  await unpack('bundles/onnx-backend-node.shared.tar.gz', folder);
  const cases = [...nodeCases(join(folder, 'onnx-backend/node'))];
  for (const mode of MODES) timed(`node tests, ${mode}`, () => cases.flatMap((nodeCase) => askCase(nodeCase, mode)));
}

function askUpstream(): void {
  const answers = askVectors(join(CORPUS, 'upstream-vectors/shape_inference.shared.jsonl.gz'), folder);
  const counts = new Map<string, number>();
  for (const { kind } of answers) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  console.log(
    `upstream's vectors: ${answers.length} asked, ${[...counts].map(([kind, count]) => `${count} ${kind}`).join(', ')}`,
  );
}

function askRecordings(recorded: string): void {
  const names = recordedModels(recorded);
  for (const isOptimised of [false, true]) {
    const asked = names.filter((name) => name.endsWith('.optimised') === isOptimised);
    for (const mode of ['shapes', 'symbols'] as const) {
      const title = `${asked.length} ${isOptimised ? 'optimised' : 'original'} models, ${mode}`;
      timed(title, () => asked.flatMap((name) => askRecording(recorded, name, mode)));
    }
  }
}

function timed(title: string, ask: () => readonly Answer[]): void {
  const started = performance.now();
  const answers = ask();
  const milliseconds = performance.now() - started;
  const of = (kind: Answer['verdict']['kind']) => answers.filter(({ verdict }) => verdict.kind === kind);
  const counts = `${answers.length} asked, ${of('equal').length} equal, ${of('unknown').length} unknown, ${of('wrong').length} wrong`;
  console.log(`${title}: ${counts}, ${milliseconds.toFixed(0)} ms`);
  for (const { test, output, verdict } of of('wrong')) {
    if (verdict.kind === 'wrong') console.log(`  wrong: ${test} ${output}: ${verdict.found}, wanted ${verdict.wanted}`);
  }
  if (!process.argv.includes('--unknown')) return;
  for (const { test, output, verdict } of of('unknown')) {
    if (verdict.kind === 'unknown') console.log(`  unknown: ${test} ${output}: ${verdict.reason}`);
  }
}
