import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Failure } from '../src/nouns/failure.ts';
import { encodeModel } from '../src/onnx/encode-model.ts';
import { readModel } from '../src/onnx/read-model.ts';
import { unpack } from '../test/onnx/corpus.ts';
import { withoutOrigins } from '../test/onnx/without-origins.ts';
import { mutateGraph } from './mutate-graph.ts';
import { Random } from './mutations.ts';

/**
 * Writes models of the public corpus's node tests, each with one change from a seed, for the rules and the runtime to agree on.
 *
 *     npx tsx bench/write-mutants.ts --to FOLDER [--count 3000] [--seed 1]
 *     PLIMSOLL_TEST_RUNTIME=RUNTIME npx tsx bench/agreement.ts --without-corpus FOLDER
 */
const { values } = parseArgs({
  options: {
    to: { type: 'string' },
    count: { type: 'string', default: '3000' },
    seed: { type: 'string', default: '1' },
  },
});
if (values.to === undefined) throw new Error('--to names no folder');
mkdirSync(values.to, { recursive: true });
const random = new Random(Number(values.seed));
const folder = mkdtempSync(join(tmpdir(), 'plimsoll-mutants-'));
try {
  const paths = await modelsOfNodeTests(folder);
  for (let index = 0; index < Number(values.count); index += 1) {
    const path = random.pick(paths);
    const mutant = changed(join(folder, path), random);
    const name = `${String(index).padStart(5, '0')}-${basename(dirname(path))}.onnx`;
    if (mutant !== null) writeFileSync(join(values.to, name), mutant);
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** Paths of the models, unpacked below a folder that is gone at the end. */
async function modelsOfNodeTests(folder: string): Promise<readonly string[]> {
  await unpack('bundles/onnx-backend-node.shared.tar.gz', folder);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.onnx'));
}

/** `null` for the few that the reader or writer refuses. */
function changed(path: string, random: Random): Uint8Array | null {
  try {
    return encodeModel(withoutOrigins(mutateGraph(readModel(path), random)));
  } catch (error) {
    if (error instanceof Failure || error instanceof RangeError) return null;
    throw error;
  }
}
