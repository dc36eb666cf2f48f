import assert from 'node:assert/strict';
import { CALIBRATION } from '../../../src/validate/memory/calibration.ts';
import { heldWeights } from '../../../src/validate/memory/held-weights.ts';
import { packedWeights } from '../../../src/validate/memory/packed-weights.ts';
import { planMemory } from '../../../src/validate/memory/plan-memory.ts';
import { PROCESSORS, processorOf } from '../../../src/validate/memory/processor.ts';
import { graph, model, node, weight } from '../../support/model-builder.ts';

const MIB = 2 ** 20;
const AVX2 = processorOf('x86-64 AVX2');

function stored(text: string, bytes: number) {
  return weight(text, { data: { kind: 'external', location: 'w', offset: 0, length: bytes } });
}

const MATRIX = stored('float[512, 512] w', MIB);
const branch = (name: string) =>
  graph({ outputs: [`float[batch, 512] ${name}`], nodes: [node(`${name} = MatMul(x, w)`)] });

const total = (packed: readonly { readonly bytes: number }[]) => packed.reduce((sum, { bytes }) => sum + bytes, 0);

describe('Weights that are repacked', () => {
  it('are shared by nodes of a graph that want the same form', () => {
    const nodes = [node('a = MatMul(x, w)'), node('b = MatMul(a, w)'), node('y = Gemm(b, w)', { transB: 1 })];
    const packed = packedWeights({ ...model({ nodes, inputs: [], outputs: [] }).graph, initializers: [MATRIX] }, AVX2);
    assert.equal(total(packed), 2 * MIB);
  });

  it('are a byte for each number, and blocks with scales, where experts have four bits', () => {
    const experts = node('y = com.microsoft.QMoE(x, g, one, s1, , two, s2)', { k: 2, expert_weight_bits: 4 });
    const [one, two] = [stored('uint8[8, 2048, 256] one', 4 * MIB), stored('uint8[8, 512, 1024] two', 4 * MIB)];
    const { graph: whole } = model({ nodes: [experts], inputs: [], outputs: [] });
    const packed = packedWeights({ ...whole, initializers: [one, two] }, AVX2);
    assert.equal(total(packed), 2 * (8 + 5) * MIB);
    assert.deepEqual(
      packed.map(({ transientBytes }) => transientBytes),
      [4 * MIB, 4 * MIB],
    );
    const wider = node('y = com.microsoft.QMoE(x, g, one, s1, , two, s2)', { k: 2, expert_weight_bits: 8 });
    assert.equal(total(packedWeights({ ...whole, nodes: [wider], initializers: [one, two] }, AVX2)), 0);
  });

  it('are turned for convolutions that run backwards, whichever domain they are of', () => {
    const filters = stored('float[64, 32, 4, 4] w', MIB / 8);
    for (const text of ['y = ConvTranspose(x, w)', 'y = com.microsoft.ConvTransposeWithDynamicPads(x, w, p)']) {
      const { graph: whole } = model({ nodes: [node(text)], inputs: [], outputs: [] });
      assert.equal(total(packedWeights({ ...whole, initializers: [filters] }, AVX2)), MIB / 8);
    }
  });

  it('stand twice while sparse ones are spread out, and once after that', () => {
    const values = weight('float[1000] w');
    const sparse = { values, indices: weight('int64[1000] i'), dims: [1024, 1024] };
    const built = model({
      inputs: ['float[batch, 1024] x'],
      outputs: ['float[batch, 1024] y'],
      nodes: [node('y = MatMul(x, w)')],
      sparseInitializers: [sparse],
    });
    const held = heldWeights(built, 'lean', { calibration: CALIBRATION, processor: AVX2 });
    assert.deepEqual([held.anonymousBytes, held.createExtraBytes], [4 * MIB, 4 * MIB]);
  });

  it('are repacked once more for all graphs within it', () => {
    const nodes = [
      node('z = MatMul(x, w)'),
      node('y = If(c)', { then_branch: branch('one'), else_branch: branch('other') }),
    ];
    const packed = packedWeights({ ...model({ nodes, inputs: [], outputs: [] }).graph, initializers: [MATRIX] }, AVX2);
    assert.equal(total(packed), 2 * MIB);
  });

  it('take most when the largest filters are laid out anew, beside those that are already', () => {
    const convolutions = model({
      inputs: ['float[1, 64, 8, 8] x'],
      outputs: ['float[1, 64, 8, 8] y'],
      nodes: [node('a = Conv(x, large)', { pads: [2, 2, 2, 2] }), node('y = Conv(a, small)', { pads: [1, 1, 1, 1] })],
      initializers: [stored('float[64, 64, 5, 5] large', 409600), stored('float[64, 64, 3, 3] small', 147456)],
    });
    const held = heldWeights(convolutions, 'fast', { calibration: CALIBRATION, processor: AVX2 });
    // Three more copies of the large ones, when the small ones are not there yet.
    assert.equal(held.packedBytes, 409600 + 147456);
    assert.equal(held.createExtraBytes, 3 * 409600 - 147456);
  });
});

describe('The bound of a plan', () => {
  it('stay as they are where a convolution has its bias left out before a sum', () => {
    const filters = weight('float[16,16,3,3] filters', { data: { kind: 'none' } });
    const bytesOf = (text: string) => {
      const { graph } = model({ nodes: [node(text)], inputs: [], outputs: [], initializers: [filters] });
      return total(packedWeights(graph, AVX2));
    };
    assert.equal(bytesOf('y = Conv(x, filters)'), 16 * 16 * 9 * 4);
    assert.equal(bytesOf('y = com.microsoft.FusedConv(x, filters, , z)'), 0);
  });

  it('holds on every processor that is covered, images in blocks included', () => {
    // Twenty channels become 24 in blocks of eight, and 32 in blocks of sixteen.
    const images = model({
      inputs: ['float[batch, 20, 64, 64] x'],
      outputs: ['float[batch, 20, 64, 64] y'],
      nodes: [
        node('a = Conv(x, w)', { pads: [1, 1, 1, 1] }),
        node('b = Conv(a, w)', { pads: [1, 1, 1, 1] }),
        node('y = Conv(b, w)', { pads: [1, 1, 1, 1] }),
      ],
      initializers: [stored('float[20, 20, 3, 3] w', 14400)],
    });
    const options = { model: images, profile: 'fast', bounds: new Map([['batch', 32]]) } as const;
    const whole = planMemory(options);
    const each = PROCESSORS.map((processor) => planMemory({ ...options, processor }));
    const bounds = each.map((plan) => (plan.state === 'known' ? plan.upperBoundBytes : 0));
    assert.ok(whole.state === 'known');
    assert.ok(new Set(bounds).size > 1);
    assert.equal(whole.upperBoundBytes, Math.max(...bounds));
  });
});
