import assert from 'node:assert/strict';
import type { Port } from '../../../src/validate/runtime/requests.ts';
import {
  ATTEMPTS,
  type Attempt,
  attemptsFor,
  synthesiseFeeds,
} from '../../../src/validate/runtime/synthesise-feeds.ts';
import { BINDING_TYPES, type BindingElementType } from '../../../src/validate/runtime/tensor-value.ts';

const [attempt] = ATTEMPTS as readonly [Attempt];
const options = { attempt, bounds: {}, seed: 1 };
const port = (elementType: BindingElementType | null, shape: Port['shape']): Port => ({
  name: 'x',
  elementType,
  shape,
});

describe('Made-up inputs', () => {
  for (const elementType of Object.keys(BINDING_TYPES) as BindingElementType[]) {
    it(`are the same every time for ${elementType}, and have the declared number of elements`, () => {
      const first = synthesiseFeeds([port(elementType, [3, 5])], options)?.get('x');
      const second = synthesiseFeeds([port(elementType, [3, 5])], options)?.get('x');
      assert.deepEqual(first, second);
      assert.deepEqual(first?.dims, [3, 5]);
      assert.equal(first?.data.length, /^u?int4$/.test(elementType) ? 8 : 15);
    });
  }

  it('stay within the bounds of their symbols', () => {
    const feeds = synthesiseFeeds([port('float', ['batch', 'length', null])], {
      ...options,
      bounds: { batch: 1, length: 3 },
    });
    assert.deepEqual(feeds?.get('x')?.dims, [1, 3, attempt.inner]);
    const unnamed = synthesiseFeeds([port('float', [null, null])], { ...options, bounds: { 'x[1]': 4 } });
    assert.deepEqual(unnamed?.get('x')?.dims, [attempt.outer, 4]);
  });

  it('give a symbol one size in all inputs, but not where one input repeats it', () => {
    const state: Port = { name: 'state', elementType: 'float', shape: [2, 'batch', 128] };
    const feeds = synthesiseFeeds([port('float', ['batch', 'length']), state], options);
    assert.deepEqual(feeds?.get('x')?.dims, [attempt.outer, attempt.inner]);
    assert.deepEqual(feeds?.get('state')?.dims, [2, attempt.outer, 128]);
    const image = synthesiseFeeds([port('float', ['?', 3, '?', '?'])], options);
    assert.deepEqual(image?.get('x')?.dims, [attempt.outer, 3, attempt.inner, attempt.inner]);
  });

  it('are as long as a sum where a symbol is written as one', () => {
    const feeds = synthesiseFeeds([port('float', ['batch', 'past + 1', 'past+length'])], {
      ...options,
      bounds: { length: 3 },
    });
    assert.deepEqual(feeds?.get('x')?.dims, [2, 9, 11]);
  });

  it('try each symbol as the sum of the others, where there are two to add up', () => {
    const inputs: readonly Port[] = [
      { name: 'mask', elementType: 'int64', shape: ['batch', 'total'] },
      { name: 'past', elementType: 'float', shape: ['batch', 'length', 4, 'past'] },
    ];
    const dims = attemptsFor(inputs)
      .filter(({ whole }) => whole !== undefined)
      .map((each) =>
        [...(synthesiseFeeds(inputs, { ...options, attempt: each })?.values() ?? [])].map((feed) => feed.dims),
      );
    assert.deepEqual(dims, [
      [
        [2, 16],
        [2, 8, 4, 8],
      ],
      [
        [2, 8],
        [2, 16, 4, 8],
      ],
      [
        [2, 8],
        [2, 8, 4, 16],
      ],
    ]);
    assert.deepEqual(attemptsFor(inputs.slice(1)), ATTEMPTS);
  });

  it('are normal: mean near 0, deviation near 1', () => {
    const feeds = synthesiseFeeds([port('float', [20_000])], options);
    const data = [...((feeds?.get('x')?.data ?? []) as Iterable<number>)];
    const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
    const variance = data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length;
    assert.ok(Math.abs(mean) < 0.03 && Math.abs(variance - 1) < 0.05, `mean ${mean}, variance ${variance}`);
  });

  it('are zeros and ones for integers, both of them', () => {
    const data = synthesiseFeeds([port('int64', [100])], options)?.get('x')?.data as BigInt64Array;
    assert.deepEqual([...new Set(data)].sort(), [0n, 1n]);
  });

  it('are not made for what is no tensor', () => {
    assert.equal(synthesiseFeeds([port(null, null)], options), null);
  });

  it('are not made where a model declares an absurd size', () => {
    assert.equal(synthesiseFeeds([port('float', [2 ** 40, 2 ** 40, 2 ** 40])], options), null);
    assert.equal(synthesiseFeeds([port('uint8', [2 ** 26, 2])], options), null);
  });
});
