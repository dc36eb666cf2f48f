import assert from 'node:assert/strict';
import { readExample } from '../../templates/server/read-example.ts';
import { LONGEST_INLINE_MS } from '../../templates/server/scheduling/longest-inline.ts';
import { RunTimes } from '../../templates/server/scheduling/run-times.ts';
import { makeSignature } from '../../templates/server/signature.ts';
import type { Tensors } from '../../templates/server/tensor.ts';
import { warmUp } from '../../templates/server/warm-up.ts';
import { identity, makePlan, type PlanFacts, SLOW } from './plans.ts';

describe('warmUp', () => {
  const warm = (facts: PlanFacts, { isOnThread = false, runMs = 0, waitMs = 0 } = {}): readonly Tensors[] => {
    const plan = makePlan(facts);
    const runs: Tensors[] = [];
    const run = (inputs: Tensors): Tensors => {
      runs.push(
        Object.fromEntries(
          Object.entries(inputs).map(([name, { data, ...rest }]) => [name, { ...rest, data: data.slice() }]),
        ),
      );
      const begun = performance.now();
      const cpuBegun = process.cpuUsage();
      const cpuMs = (): number => {
        const { user, system } = process.cpuUsage(cpuBegun);
        return (user + system) / 1000;
      };
      // On a busy machine the clock goes on while it does not.
      while (performance.now() - begun < runMs || cpuMs() < runMs);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
      return {};
    };
    const signature = makeSignature(plan);
    warmUp({
      plan,
      signature,
      example: readExample(plan, signature),
      session: { run, release() {} },
      maxSize: facts.maxSize ?? 1,
      budgetMs: 10_000,
      isOnThread,
      times: new RunTimes(facts.maxSize ?? 1),
    });
    return runs;
  };

  it('runs once on a thread what proves to take as long as was expected, and again what does not', () => {
    assert.equal(warm(SLOW, { isOnThread: true, runMs: LONGEST_INLINE_MS + 1 }).length, 1);
    assert.equal(warm(SLOW, { isOnThread: true }).length, 2);
  });

  it('looks twice on the thread that takes requests in before a model is moved, and a third time where that is close', () => {
    assert.equal(warm(SLOW).length, 2);
    assert.equal(warm(SLOW, { runMs: LONGEST_INLINE_MS + 1 }).length, 3);
  });

  it('does not count the time for which a run is kept from the processor', () => {
    assert.equal(warm(SLOW, { waitMs: LONGEST_INLINE_MS + 10 }).length, 2);
    assert.equal(warm(SLOW, { isOnThread: true, waitMs: LONGEST_INLINE_MS + 10 }).length, 2);
  });

  it('repeats the rows of the example up to the largest run, texts and numbers', () => {
    const inputs = [
      { name: 'a', datatype: 'FP32', shape: [3, 2], data: [1, 2, 3, 4, 5, 6] },
      { name: 'b', datatype: 'BYTES', shape: [3, 2], data: ['q', 'r', 's', 't', 'u', 'v'] },
    ];
    const runs = warm({
      ...identity('float'),
      inputs: [
        ['a', 'float', ['batch', 2]],
        ['b', 'string', ['batch', 2]],
      ],
      maxSize: 7,
      example: { inputs },
    });
    const fed = (rows: number) => runs.find(({ a }) => a?.dims[0] === rows);
    assert.deepEqual(Array.from(fed(1)?.a?.data as Float32Array), [1, 2]);
    assert.deepEqual(Array.from(fed(7)?.a?.data as Float32Array), [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 1, 2]);
    assert.deepEqual(fed(7)?.b?.data, ['q', 'r', 's', 't', 'u', 'v', 'q', 'r', 's', 't', 'u', 'v', 'q', 'r']);
  });
});
