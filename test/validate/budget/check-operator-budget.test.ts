import assert from 'node:assert/strict';
import { OperatorBudget } from '../../../src/nouns/operator-budget.ts';
import { checkOperatorBudget } from '../../../src/validate/budget/check-operator-budget.ts';
import { isInOpsetRange } from '../../../src/validate/budget/opset-range.ts';
import { graph, model, node, weight } from '../../support/model-builder.ts';

const chain = (length: number) =>
  Array.from({ length }, (_, i) => node(`v${i + 1} = Relu(v${i})`, {}, { name: `relu_${i}` }));
const CHAIN = model({ inputs: ['float[batch,3] v0'], outputs: ['float[batch,3] v9'], nodes: chain(9) });

const messages = (budget: OperatorBudget, of = CHAIN) =>
  checkOperatorBudget(of, budget).map(({ rule, message }) => `${rule}: ${message}`);

describe('The operator budget', () => {
  it('is silent where the model keeps to it', () => {
    const budget: OperatorBudget = {
      opset: '>=13',
      domains: ['ai.onnx'],
      allow: ['Relu'],
      deny: ['Loop'],
      max: { nodes: 9, Relu: 9 },
      parameters: 0,
      depth: 0,
      dtypes: ['float'],
    };
    assert.deepEqual(messages(budget), []);
  });

  it('names the first nodes of a breach and how many more there are', () => {
    assert.deepEqual(messages({ deny: ['Relu'] }), [
      'budget/operator: ai.onnx:Relu is denied by "Relu" (9 nodes: "relu_0", "relu_1", "relu_2" and 6 more)',
    ]);
  });

  it('counts all nodes, and those of one operator', () => {
    assert.deepEqual(messages({ max: { nodes: 5, 'ai.onnx:Relu': 8 } }), [
      'budget/count: 9 nodes of ai.onnx:Relu; the budget allows 8 (9 nodes: "relu_0", "relu_1", "relu_2" and 6 more)',
      'budget/count: the model has 9 nodes; the budget allows 5',
    ]);
  });

  it('looks into subgraphs and says where the node is', () => {
    const body = graph({
      name: 'b',
      outputs: ['float[batch,3] t'],
      nodes: [node('t = Einsum(v0)', { equation: 'ij->ij' })],
    });
    const nested = model({
      inputs: ['float[batch,3] v0', 'bool[] c'],
      outputs: ['float[batch,3] y'],
      nodes: [node('y = If(c)', { then_branch: body, else_branch: body }, { name: 'choose' })],
    });
    const [finding] = checkOperatorBudget(nested, { deny: ['Einsum'] });
    assert.match(finding?.message ?? '', /"choose\/then_branch\/Einsum#0"/);
    assert.match(finding?.mend ?? '', /MatMul/);
  });

  it('counts the elements of weights and names the largest', () => {
    const linear = model({
      inputs: ['float[batch,3] x'],
      outputs: ['float[batch,4] y'],
      nodes: [node('y = Gemm(x, w, b)')],
      initializers: [weight('float[3,4] w'), weight('float[4] b')],
    });
    assert.deepEqual(messages({ parameters: 15 }, linear), [
      'budget/parameters: the model has 16 parameters; the budget allows 15 (the largest weight is initializer "w" with 12)',
    ]);
  });
});

describe('A range of operator sets', () => {
  const rows: readonly (readonly [string | number, number, boolean])[] = [
    [17, 17, true],
    [17, 18, false],
    ['>=13', 13, true],
    ['>=13', 12, false],
    ['>=13 <=21', 21, true],
    ['>=13 <=21', 22, false],
    ['>12 <14', 13, true],
    ['= 9', 9, true],
  ];
  for (const [range, version, isIn] of rows) {
    it(`${range} ${isIn ? 'has' : 'does not have'} ${version}`, () =>
      assert.equal(isInOpsetRange(range, version), isIn));
  }
});

describe('The configuration of an operator budget', () => {
  const refused: readonly (readonly [unknown, RegExp])[] = [
    [{ opset: 'new' }, /wanted a version such as 17/],
    [{ deny: ['ai onnx'] }, /wanted an operator such as Loop/],
    [{ max: { nodes: -1 } }, /wanted zero or more/],
    [{ dtypes: ['Float32'] }, /wanted an element type in lower case/],
    [{ denied: ['Loop'] }, /denied/],
  ];
  for (const [value, why] of refused) {
    it(`is refused where it says ${JSON.stringify(value)}`, () => {
      const result = OperatorBudget.safeParse(value);
      assert.equal(result.success, false);
      assert.match(result.error?.message ?? '', why);
    });
  }

  it('takes ranges by domain', () => {
    const budget = OperatorBudget.parse({ opset: { 'ai.onnx': '>=13', 'ai.onnx.ml': 3 } });
    assert.deepEqual(messages(budget), []);
    assert.deepEqual(messages({ opset: { 'ai.onnx': '<20' } }), [
      'budget/opset: the model imports opset 21 of ai.onnx; the budget wants <20',
    ]);
  });
});
