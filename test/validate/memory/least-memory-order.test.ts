import assert from 'node:assert/strict';
import { randomNumbers } from '../../../src/nouns/random-numbers.ts';
import type { Node } from '../../../src/onnx/model.ts';
import { executionOrder } from '../../../src/validate/memory/execution-order.ts';
import { leastMemoryOrder } from '../../../src/validate/memory/least-memory-order.ts';
import { planMemory } from '../../../src/validate/memory/plan-memory.ts';
import { searchOrder } from '../../../src/validate/memory/search-order.ts';
import type { Profile } from '../../../src/validate/runtime/session-options.ts';
import { model, node } from '../../support/model-builder.ts';
import { STAGE } from '../../support/residual-stage.ts';

/**
 * One branch makes a small value and holds a large one meanwhile; the other makes a large value. The first should come first, and as
 * it stands comes last.
 */
const BRANCHES = model({
  opsets: { 'ai.onnx': 17 },
  inputs: ['float[N,1024] x', 'float[N,4096] z'],
  outputs: ['float[N,1024] y'],
  nodes: [
    node('wide = Sigmoid(z)'),
    node('small = ReduceMean(wide)', { axes: [1] }),
    node('large = Sigmoid(x)'),
    node('y = Mul(large, small)'),
  ],
});

const at = (bounds: Readonly<Record<string, number>>, profile: Profile = 'lean') => ({
  bounds: new Map(Object.entries(bounds)),
  profile,
});

describe('leastMemoryOrder', () => {
  const names = (nodes: readonly Node[]) => executionOrder({ nodes }).map(({ outputs }) => outputs[0]);

  it('has the branch that holds much for a small result run first', () => {
    assert.deepEqual(names(BRANCHES.graph.nodes), ['large', 'wide', 'small', 'y']);
    const found = leastMemoryOrder(BRANCHES, at({ N: 1024 }));
    assert.deepEqual(names(found?.nodes ?? []), ['wide', 'small', 'large', 'y']);
    const gain = (found?.fileOrderBytes ?? 0) - (found?.bytes ?? 0);
    assert.ok(gain >= 4 * 1024 * 1024, `${gain}`);
  });

  it('finds for each profile the order that is best for it, since images in blocks turn branches round', () => {
    const bounds = { N: 8 };
    const peakOf = (nodes: readonly Node[], profile: Profile): number => {
      const plan = planMemory({ model: { ...STAGE, graph: { ...STAGE.graph, nodes } }, ...at(bounds, profile) });
      return plan.state === 'known' ? plan.runPeakBytes : Number.NaN;
    };
    const nodesFor = (profile: Profile) => leastMemoryOrder(STAGE, at(bounds, profile))?.nodes ?? STAGE.graph.nodes;
    const ordered = { lean: nodesFor('lean'), fast: nodesFor('fast') };
    const image = bounds.N * 64 * 64 * 64 * 4;
    for (const [profile, other] of [
      ['lean', 'fast'],
      ['fast', 'lean'],
    ] as const) {
      const gain = peakOf(ordered[other], profile) - peakOf(ordered[profile], profile);
      assert.ok(gain >= image / 2, `${profile}: ${gain}`);
    }
  });

  it('leaves a graph alone where nothing is won, where a size is open and where an operator is not known', () => {
    const chain = model({ inputs: ['float[N,8] x'], outputs: ['float[N,8] y'], nodes: [node('y = Relu(x)')] });
    assert.equal(leastMemoryOrder(chain, at({ N: 4 })), null);
    assert.equal(leastMemoryOrder(BRANCHES, at({})), null);
    const strange = model({
      inputs: ['float[N,8] x'],
      outputs: ['float[N,8] y'],
      nodes: [node('a = Relu(x)'), node('b = com.acme.Odd(x)'), node('y = Add(a, b)')],
    });
    assert.equal(leastMemoryOrder(strange, at({ N: 4 })), null);
  });
});

describe('searchOrder', () => {
  /** Nodes that take one or two earlier ones, each of some size. */
  const randomGraph = (seed: number, count: number) => {
    const random = randomNumbers(seed);
    const below = (most: number) => Math.floor(random() * most);
    return Array.from({ length: count }, (_, place) => ({
      needs: [...new Set(place === 0 ? [] : [below(place), below(place)])].sort((a, b) => a - b),
      bytes: 1 + below(100),
    }));
  };

  /** What a run in this very order holds at most. */
  const judgeOf = (nodes: ReturnType<typeof randomGraph>) => (order: readonly number[]) => {
    const users = nodes.map((_, place) => nodes.filter(({ needs }) => needs.includes(place)).length);
    let [held, bytes, peak] = [0, 0, 0];
    for (const place of order) {
      held += nodes[place]?.bytes ?? 0;
      if (held > bytes) [bytes, peak] = [held, place];
      for (const need of nodes[place]?.needs ?? [])
        if (--(users[need] as number) === 0) held -= nodes[need]?.bytes ?? 0;
    }
    return { bytes, otherBytes: 0, peak };
  };

  it('gives each node once, after what it needs, and never needs more than the order of the file', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const nodes = randomGraph(seed, 2 + (seed % 30));
      const judge = judgeOf(nodes);
      const start = judge(nodes.map((_, place) => place));
      const { order, score } = searchOrder(nodes, { start, judge, simulations: 30 });
      assert.deepEqual(
        [...order].sort((a, b) => a - b),
        [...nodes.keys()],
      );
      for (const [at, place] of order.entries())
        for (const need of nodes[place]?.needs ?? []) assert.ok(order.indexOf(need) < at);
      assert.ok(score.bytes <= start.bytes);
      assert.equal(judge(order).bytes, score.bytes);
    }
  });

  it('finds the same order again, and asks no more often than it may', () => {
    const nodes = randomGraph(7, 60);
    const judge = judgeOf(nodes);
    const start = judge(nodes.map((_, place) => place));
    let asked = 0;
    const search = () =>
      searchOrder(nodes, {
        start,
        judge: (order) => {
          asked++;
          return judge(order);
        },
        simulations: 25,
      });
    assert.deepEqual(search(), search());
    assert.equal(asked, 2 * 24);
  });
});
