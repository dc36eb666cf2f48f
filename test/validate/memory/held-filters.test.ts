import assert from 'node:assert/strict';
import type { Model } from '../../../src/onnx/model.ts';
import { holdsFilters, withHeldFilters, withoutHeldFilters } from '../../../src/validate/memory/held-filters.ts';
import { modelForProfile } from '../../../src/validate/memory/model-for-profile.ts';
import { planMemory } from '../../../src/validate/memory/plan-memory.ts';
import { processorOf } from '../../../src/validate/memory/processor.ts';
import { servingLimit } from '../../../src/validate/memory/serving-limit.ts';
import { model, node, weight } from '../../support/model-builder.ts';

const MIB = 2 ** 20;
const BOUNDS = new Map<string, number>();

/** Convolutions in a row, of filters `[channels, channels, window, window]`. */
function row(windows: readonly (readonly [channels: number, window: number])[]): Model {
  return model({
    inputs: [`float[1, ${windows[0]?.[0]}, 16, 16] x`],
    outputs: ['float[1, C, H, W] y'],
    nodes: windows.map(([, window], at) =>
      node(`${at === windows.length - 1 ? 'y' : `v${at + 1}`} = Conv(${at === 0 ? 'x' : `v${at}`}, w${at})`, {
        pads: Array(4).fill((window - 1) / 2),
      }),
    ),
    initializers: windows.map(([channels, window], at) =>
      external(`float[${channels},${channels},${window},${window}] w${at}`),
    ),
  });
}

function external(text: string) {
  const bytes = (/\[(.*)\]/.exec(text)?.[1] ?? '').split(',').reduce((product, size) => product * Number(size), 4);
  return weight(text, { data: { kind: 'external', location: 'w', offset: 0, length: bytes } });
}

function left(of: Model): readonly string[] {
  return of.graph.inputs.map(({ name }) => name).filter((name) => name.startsWith('w'));
}

describe('The filters that lean holds', () => {
  it('are all of a small model, and nothing is made an input', () => {
    const held = withHeldFilters(
      row([
        [64, 3],
        [64, 1],
      ]),
    );
    assert.equal(holdsFilters(held), true);
    assert.deepEqual(left(held), []);
  });

  it('are those that cost least, windows at a quarter of their bytes, until there is no more room', () => {
    // 9, 4, 16 and 1 MiB.
    const large = row([
      [512, 3],
      [1024, 1],
      [2048, 1],
      [512, 1],
    ]);
    assert.deepEqual(left(withHeldFilters(large)), ['w2']);
    const windows = row(Array.from({ length: 4 }, () => [512, 3] as const));
    assert.deepEqual(left(withHeldFilters(windows)), ['w2', 'w3']);
  });

  it('leave the model itself where none has room', () => {
    const large = row([[2048, 3]]);
    assert.equal(withHeldFilters(large), large);
  });

  it('can be undone, to the last input', () => {
    const large = row([
      [512, 3],
      [2048, 1],
    ]);
    const held = withHeldFilters(large);
    assert.deepEqual(left(held), ['w1']);
    assert.deepEqual(withoutHeldFilters(held), large);
    assert.equal(withHeldFilters(held), held);
    assert.equal(withoutHeldFilters(large), large);
  });

  it('are none where the level would do more, or they could not be left out', () => {
    const small = row([[64, 3]]);
    const { graph } = small;
    const given = { ...small, graph: { ...graph, inputs: [...graph.inputs, ...withHeldInput(small)] } };
    assert.equal(withHeldFilters(given), given);
    const turned = {
      ...small,
      graph: { ...graph, nodes: [...graph.nodes, node('z = QLinearConv(a, b, c, d, e, f, g, h)')] },
    };
    assert.equal(withHeldFilters(turned), turned);
    const plain = model({ inputs: ['float[4] x'], outputs: ['float[4] y'], nodes: [node('y = Relu(x)')] });
    assert.equal(withHeldFilters(plain), plain);
  });

  it('count what the level widens from half precision', () => {
    const halved = (channels: number) =>
      model({
        inputs: [`float[1, ${channels}, 16, 16] x`],
        outputs: [`float[1, 64, 16, 16] y`],
        nodes: [node('w = Cast(half)', { to: 1 }), node('z = Conv(x, w)'), node('y = Conv(x, own)')],
        initializers: [
          external(`float16[${channels},${channels},1,1] half`),
          external(`float[64,${channels},1,1] own`),
        ],
      });
    assert.equal(holdsFilters(withHeldFilters(halved(1024))), true);
    // 16 MiB, and as much again in blocks.
    assert.equal(holdsFilters(withHeldFilters(halved(2048))), false);
  });

  function withHeldInput({ graph }: Model) {
    return graph.initializers.map(({ name }) => ({
      name,
      type: null,
      docString: '',
      metadata: new Map(),
      unknown: [],
    }));
  }
});

describe('A plan for lean with held filters', () => {
  const large = row(Array.from({ length: 8 }, () => [1024, 1] as const));
  const held = withHeldFilters(large);
  const planOf = (of: Model, profile: 'lean' | 'fast') => {
    const plan = planMemory({ model: of, profile, bounds: BOUNDS, processor: processorOf('x86-64 AVX2') });
    assert.ok(plan.state === 'known');
    return plan;
  };

  it('has in memory what is held and nothing else, and maps the rest', () => {
    assert.equal(planOf(held, 'lean').breakdown.packedWeights, 24 * MIB);
    assert.equal(planOf(large, 'lean').breakdown.packedWeights, 0);
    assert.equal(planOf(large, 'lean').mappedBytes - planOf(held, 'lean').mappedBytes, 24 * MIB);
  });

  it('plans for fast as if nothing had been made an input', () => {
    assert.deepEqual({ ...planOf(held, 'fast'), moments: [] }, { ...planOf(large, 'fast'), moments: [] });
  });

  it('is made for what would ship: held filters where they fit the limit', () => {
    const bare = planOf(large, 'lean').recommendedLimitBytes;
    const options = { model: large, profile: 'fast', bounds: BOUNDS } as const;
    assert.equal(modelForProfile('lean', { ...options, limitBytes: bare }), large);
    assert.equal(modelForProfile('lean', { ...options, limitBytes: 2 * bare }), held);
    assert.equal(modelForProfile('lean', { ...options, limitBytes: null }), held);
    assert.deepEqual(modelForProfile('fast', { ...options, model: held, profile: 'lean', limitBytes: null }), large);
  });

  it('is made without held filters where a limit would be kept, but no request at the bounds let in', () => {
    const options = { model: large, profile: 'fast', bounds: BOUNDS } as const;
    const lean = { ...options, profile: 'lean', model: held } as const;
    const kept = planMemory(lean);
    const served = servingLimit(lean) ?? Number.NaN;
    assert.ok(kept.state === 'known' && kept.recommendedLimitBytes < served);
    assert.equal(modelForProfile('lean', { ...options, limitBytes: served - 1 }), large);
    assert.equal(modelForProfile('lean', { ...options, limitBytes: served }), held);
  });
});
