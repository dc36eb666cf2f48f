import assert from 'node:assert/strict';
import type { Tensor } from '../../../src/onnx/model.ts';
import { processorOf } from '../../../src/validate/memory/processor.ts';
import { simulateRun } from '../../../src/validate/memory/simulate-run.ts';
import { Unknowns } from '../../../src/validate/memory/unknowns.ts';
import { inferShapes } from '../../../src/validate/shapes/infer-shapes.ts';
import { type AttributeParts, model, node, weight } from '../../support/model-builder.ts';

function integers(text: string, ...values: readonly number[]): Tensor {
  const bytes = new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
  return weight(text, { data: { kind: 'memory', bytes } });
}

const AXIS = integers('int64[] axis', 1);
const QUERIES = ['q', 'k', 'v'].map((name) => `float[4, 512, 256] ${name}`);

interface Row {
  readonly title: string;
  readonly node: string;
  readonly attributes?: AttributeParts;
  readonly inputs: readonly string[];
  readonly weights?: readonly Tensor[];
  /** Blocks beside the output, as bench/kernel-scratch.ts saw them with two threads. */
  readonly bytes: number;
}

const ROWS: readonly Row[] = [
  {
    title: 'a Fourier transform of a power of two keeps a table of that length',
    node: 'y = DFT(x, , axis)',
    inputs: ['float[4, 65536, 2] x'],
    weights: [AXIS],
    bytes: 528_384,
  },
  {
    title: 'half a spectrum is made whole first',
    node: 'y = DFT(x, , axis)',
    attributes: { onesided: 1 },
    inputs: ['float[4, 65536, 1] x'],
    weights: [AXIS],
    bytes: 1_056_768,
  },
  {
    title: 'a spectrum of more points than the signal has is made at their number',
    node: 'y = DFT(x, points, axis)',
    attributes: { onesided: 1 },
    inputs: ['float[1, 1000, 1] x'],
    weights: [AXIS, integers('int64[] points', 200_000)],
    bytes: 20_992_000,
  },
  {
    title: 'other lengths become convolutions of twice the next power of two',
    node: 'y = DFT(x, , axis)',
    inputs: ['float[1, 200000, 2] x'],
    weights: [AXIS],
    bytes: 20_992_000,
  },
  {
    title: 'a transform over time takes what one frame does',
    node: 'y = STFT(x, step, window, frame)',
    inputs: ['float[1, 400000, 1] x', 'float[60000] window'],
    weights: [integers('int64[] step', 30000), integers('int64[] frame', 60000)],
    bytes: 5_263_360,
  },
  {
    title: 'cropping one axis and padding another makes both at once',
    node: 'y = CenterCropPad(x, to)',
    inputs: ['float[8, 3, 256, 256] x'],
    weights: [integers('int64[4] to', 8, 3, 300, 224)],
    bytes: 7_376_896,
  },
  {
    title: 'attention without masks goes through its scores piece by piece',
    node: 'y = com.microsoft.MultiHeadAttention(q, k, v)',
    attributes: { num_heads: 4 },
    inputs: QUERIES,
    bytes: 6_897_664,
  },
  {
    title: 'attention with a bias holds all scores at once',
    node: 'y = com.microsoft.MultiHeadAttention(q, k, v, , , b)',
    attributes: { num_heads: 4 },
    inputs: [...QUERIES, 'float[1, 4, 512, 512] b'],
    bytes: 25_186_304,
  },
  {
    title: 'attention that must not look ahead has a mask beside them',
    node: 'y = com.microsoft.MultiHeadAttention(q, k, v)',
    attributes: { num_heads: 4, unidirectional: 1 },
    inputs: QUERIES,
    bytes: 29_384_704,
  },
  {
    title: 'experts hold the rows of all tokens, as data may send them all to the same',
    node: 'y = com.microsoft.MoE(x, gates, one, , two)',
    attributes: { k: 1 },
    inputs: ['float[4096, 128] x', 'float[4096, 4] gates', 'float[4, 512, 128] one', 'float[4, 128, 512] two'],
    bytes: 67_141_632,
  },
];

describe('What kernels take beside their outputs', () => {
  for (const row of ROWS)
    it(row.title, () => {
      const built = model({
        opsets: { 'ai.onnx': 20, 'com.microsoft': 1 },
        inputs: row.inputs,
        outputs: ['int64[?] shape'],
        nodes: [node(row.node, row.attributes), node('shape = Shape(y)')],
        initializers: row.weights ?? [],
      });
      const unknowns = new Unknowns();
      const settings = { threads: 2, prepacked: false, processor: processorOf('x86-64 AVX2') };
      const { first } = simulateRun({ shaped: inferShapes(built), symbolic: undefined, settings, unknowns });
      assert.ok(unknowns.isEmpty);
      assert.equal(first[0]?.scratchBytes, row.bytes);
    });

  it('is not guessed for kernels that were not measured', () => {
    const built = model({
      opsets: { 'ai.onnx': 20, 'com.microsoft': 1 },
      inputs: ['float[8, 16] x'],
      outputs: ['float[8, 16] y'],
      nodes: [node('y = com.microsoft.ComplexMul(x, x)')],
    });
    const unknowns = new Unknowns();
    const settings = { threads: 2, prepacked: false, processor: processorOf('x86-64 AVX2') };
    simulateRun({ shaped: inferShapes(built), symbolic: undefined, settings, unknowns });
    assert.ok(!unknowns.isEmpty);
  });
});
