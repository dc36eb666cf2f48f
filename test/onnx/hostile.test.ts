import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { scratchFolder } from './bytes.ts';
import { HAS_CORPUS, unpack } from './corpus.ts';

const LONGEST_MS = 2000;
const LARGEST_BYTES = 200 * 1024 * 1024;

/** Files in which something is wrong with bytes or data; in the others it is the graph, which checks look at. */
const REFUSED: Readonly<Record<string, string>> = {
  'w01-empty': 'onnx/empty',
  'w03-trunc-last': 'onnx/truncated',
  'w04-random': 'onnx/malformed',
  'w05-text': 'onnx/not-onnx',
  'w06-lfs-pointer': 'onnx/not-onnx',
  'w07-gzip': 'onnx/not-onnx',
  'w08-hugelen': 'onnx/truncated',
  'w10-trailing-garbage': 'onnx/malformed',
  'm09-no-graph': 'onnx/not-onnx',
  't03-neg-dim': 'onnx/tensor-data',
  't04-dim-overflow': 'onnx/tensor-data',
  't11-zero-elem-data': 'onnx/tensor-data',
  't12-wrong-field': 'onnx/tensor-data',
  'e03-dotdot': 'onnx/external-path',
  'e09-file-url': 'onnx/external-missing',
  'e10-nul': 'onnx/external-path',
  'e14-dir': 'onnx/external-not-a-file',
  'e15-short-file': 'onnx/external-range',
  'e16-offset-eof': 'onnx/external-range',
  'e17-offset-neg': 'onnx/external-range',
  'e19-length-lie': 'onnx/external-range',
  'e22-two-locations': 'onnx/external-duplicate-key',
  'e24-ort-memaddr': 'onnx/external-path',
  'e30-symlink-parent': 'onnx/external-path',
};

interface Answer {
  readonly name: string;
  readonly answer: string;
  readonly ms: number;
  readonly peakBytes: number;
}

describe('the hostile files of the public corpus', () => {
  const folder = scratchFolder();
  let answers: readonly Answer[] = [];

  before(async function () {
    if (!HAS_CORPUS) {
      console.log('        the corpus is missing: 58 hostile files not read');
      this.skip();
    }
    await unpack('hostile/hostile.shared.tar.gz', folder.path);
    const names = readdirSync(folder.path).map((name) => `${name}/model.onnx`);
    const program = ['--import', 'tsx', 'test/onnx/answer-all.ts', folder.path, ...names];
    const lines = execFileSync(process.execPath, program, { encoding: 'utf8' }).trim().split('\n');
    answers = lines.map((line) => JSON.parse(line) as Answer);
  });

  it('are each answered as they should be', () => {
    const found = Object.fromEntries(answers.map(({ name, answer }) => [name.split('/')[0] ?? '', answer]));
    assert.equal(answers.length, 58);
    assert.deepEqual(found, Object.fromEntries(Object.keys(found).map((id) => [id, REFUSED[id] ?? 'read'])));
    assert.deepEqual(
      Object.keys(REFUSED).filter((id) => !(id in found)),
      [],
    );
  });

  it('are each answered within two seconds', () => {
    assert.deepEqual(
      answers.filter(({ ms }) => ms > LONGEST_MS),
      [],
    );
  });

  it('are answered within 200 MB, all of them in one process', () => {
    const peak = Math.max(...answers.map(({ peakBytes }) => peakBytes));
    assert.ok(peak < LARGEST_BYTES, `${peak} bytes`);
  });
});
