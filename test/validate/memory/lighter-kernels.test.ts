import assert from 'node:assert/strict';
import type { Model, Node } from '../../../src/onnx/model.ts';
import { withLighterKernels } from '../../../src/validate/memory/lighter-kernels.ts';
import { planMemory } from '../../../src/validate/memory/plan-memory.ts';
import { type AttributeParts, type ModelParts, model, node, weight } from '../../support/model-builder.ts';

const WINDOW = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };

/** `Relu(Conv(Relu(x)) + Relu(x))`, on images whose height and width are open. */
const residual = (parts: Partial<ModelParts> = {}): Model =>
  model({
    inputs: ['float[N,8,H,W] x'],
    outputs: ['float[N,8,H,W] y'],
    nodes: [
      node('before = Relu(x)'),
      node('convolved = Conv(before, filters, bias)', WINDOW),
      node('sum = Add(convolved, before)'),
      node('y = Relu(sum)'),
    ],
    initializers: [weight('float[8,8,3,3] filters'), weight('float[8] bias')],
    ...parts,
  });

const biased = (bias: string): Model =>
  model({
    inputs: ['float[N,16] x'],
    outputs: ['float[N,16] y'],
    opsets: { 'ai.onnx': 21, 'com.microsoft': 1 },
    nodes: [node('wide = MatMul(x, w)'), node('y = com.microsoft.BiasGelu(wide, b)')],
    initializers: [weight('float[16,16] w'), weight(`float[${bias}] b`)],
  });

const tell = (nodes: readonly Node[]) =>
  nodes.map(({ opType, inputs, outputs }) => `${outputs} = ${opType}(${inputs})`);
const lighter = (of: Model) => tell(withLighterKernels(of).graph.nodes);

describe('withLighterKernels', () => {
  it('has a convolution add to what its result is added to, and apply what follows', () => {
    assert.deepEqual(lighter(residual()), ['before = Relu(x)', 'y = FusedConv(before,filters,bias,before)']);
    const fused = withLighterKernels(residual());
    const attributes = fused.graph.nodes[1]?.attributes.map(({ name }) => name);
    assert.deepEqual(attributes, ['kernel_shape', 'pads', 'activation']);
    assert.deepEqual(
      fused.opsetImports.map(({ domain }) => domain),
      ['', 'com.microsoft'],
    );
  });

  it('takes less for it by the plan', () => {
    const bounds = new Map(Object.entries({ N: 8, H: 64, W: 64 }));
    const peakOf = (of: Model) => {
      const plan = planMemory({ model: of, profile: 'lean', bounds });
      return plan.state === 'known' ? plan.runPeakBytes : Number.NaN;
    };
    const image = 8 * 8 * 64 * 64 * 4;
    assert.ok(peakOf(residual()) - peakOf(withLighterKernels(residual())) >= image);
  });

  it('takes the later of two convolutions, and leaves what follows alone where something else takes the sum', () => {
    const two = residual({
      outputs: ['float[N,8,H,W] y', 'float[N,8,H,W] sum'],
      nodes: [
        node('one = Conv(x, filters, bias)', WINDOW),
        node('two = Conv(x, filters, bias)', WINDOW),
        node('sum = Add(two, one)'),
        node('y = Relu(sum)'),
      ],
    });
    assert.deepEqual(lighter(two), [
      'one = Conv(x,filters,bias)',
      'sum = FusedConv(x,filters,bias,one)',
      'y = Relu(sum)',
    ]);
  });

  const swish = (parts: Partial<ModelParts> = {}, gate: AttributeParts = { alpha: 1 / 6, beta: 0.5 }): Model =>
    residual({
      nodes: [
        node('image = Conv(x, filters, bias)', WINDOW),
        node('share = HardSigmoid(image)', gate),
        node('swished = Mul(share, image)'),
        node('y = Conv(swished, filters)', WINDOW),
      ],
      ...parts,
    });

  it('has a convolution apply HardSwish, which the runtime has taken apart', () => {
    assert.deepEqual(lighter(swish()), ['swished = FusedConv(x,filters,bias)', 'y = Conv(swished,filters)']);
  });

  const KEPT: readonly { readonly title: string; readonly of: Model }[] = [
    {
      title: 'the other term is broadcast',
      of: residual({
        inputs: ['float[N,8,H,W] x', 'float[1,8,1,1] z'],
        nodes: [node('convolved = Conv(x, filters, bias)', WINDOW), node('y = Add(convolved, z)')],
      }),
    },
    {
      title: 'nothing says that both are equally large',
      of: residual({
        inputs: ['float[N,8,H,W] x', 'float[M,8,H,W] z'],
        nodes: [node('convolved = Conv(x, filters, bias)', WINDOW), node('y = Add(convolved, z)')],
      }),
    },
    {
      title: 'something else takes what the convolution makes',
      of: residual({ outputs: ['float[N,8,H,W] y', 'float[N,8,H,W] convolved'] }),
    },
    {
      title: 'channels are in groups',
      of: residual({
        nodes: [node('convolved = Conv(x, filters, bias)', { ...WINDOW, group: 8 }), node('y = Add(convolved, x)')],
        initializers: [weight('float[8,1,3,3] filters'), weight('float[8] bias')],
      }),
    },
    {
      title: 'it is added to itself',
      of: residual({
        nodes: [node('convolved = Conv(x, filters, bias)', WINDOW), node('y = Add(convolved, convolved)')],
      }),
    },
    { title: 'a gate is steeper than that of HardSwish', of: swish({}, { alpha: 0.25, beta: 0.5 }) },
    { title: 'something else takes the gate', of: swish({ outputs: ['float[N,8,H,W] y', 'float[N,8,H,W] share'] }) },
    { title: 'a bias before Gelu is no list of numbers', of: biased('1,16') },
  ];
  for (const { title, of } of KEPT)
    it(`leaves the model as it is where ${title}`, () => assert.equal(withLighterKernels(of), of));

  it('adds the bias before Gelu by itself, in a form that the runtime does not fuse again', () => {
    const apart = withLighterKernels(biased('16'));
    assert.deepEqual(tell(apart.graph.nodes), ['wide = MatMul(x,w)', 'y/biased = Add(wide,b)', 'y = Gelu(y/biased)']);
    assert.deepEqual(
      apart.graph.initializers.map(({ name, dims }) => `${name} ${dims}`),
      ['w 16,16', 'b 1,16'],
    );
  });
});
