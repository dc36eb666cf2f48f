import assert from 'node:assert/strict';
import { executionOrder } from '../../../src/validate/memory/execution-order.ts';
import { graph, node } from '../../support/model-builder.ts';

const rows: readonly {
  readonly title: string;
  readonly nodes: readonly string[];
  readonly order: readonly string[];
}[] = [
  {
    title: 'follows a chain whatever the order of the file',
    nodes: ['c = Relu(b)', 'a = Relu(x)', 'b = Relu(a)'],
    order: ['a', 'b', 'c'],
  },
  {
    title: 'takes the branch whose maker stands later in the file first',
    nodes: ['a = Relu(x)', 'b = Neg(x)', 'c = Add(a, b)'],
    order: ['b', 'a', 'c'],
  },
  {
    title: 'starts from the last leaf, so side outputs at the end of the file are made first',
    nodes: ['a = Relu(x)', 'b = Neg(a)', 'c = Exp(x)'],
    order: ['c', 'a', 'b'],
  },
];

describe('The order of execution', () => {
  for (const { title, nodes, order } of rows) {
    it(title, () => {
      const made = executionOrder(graph({ nodes: nodes.map((text) => node(text)) })).map(({ outputs }) => outputs[0]);
      assert.deepEqual(made, order);
    });
  }

  it('puts what a branch takes from outside before the node with the branch', () => {
    const branch = graph({ nodes: [node('t = Relu(late)')], outputs: ['float[2] t'] });
    const nodes = [node('y = If(c)', { then_branch: branch, else_branch: branch }), node('late = Neg(x)')];
    const made = executionOrder(graph({ nodes })).map(({ outputs }) => outputs[0]);
    assert.deepEqual(made, ['late', 'y']);
  });
});
