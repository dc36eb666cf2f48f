import type { OperatorBudget } from '../../../../src/nouns/operator-budget.ts';
import { graph, node, weight } from '../../../support/model-builder.ts';
import { type ExampleTable, type Given, onModel } from './example.ts';

const IO = { inputs: ['float[batch,3] x'], outputs: ['float[batch,3] y'] };
const RELU = { ...IO, nodes: [node('y = Relu(x)')] };
const GELU = { ...IO, nodes: [node('y = com.microsoft.FastGelu(x)')], opsets: { 'ai.onnx': 21, 'com.microsoft': 1 } };
const LINEAR = { ...IO, nodes: [node('y = MatMul(x, w)')], initializers: [weight('float[3,3] w')] };

const branch = (name: string) =>
  graph({ name, outputs: [`float[batch,3] ${name}`], nodes: [node(`${name} = Relu(x)`)] });
const NESTED = {
  ...IO,
  inputs: ['float[batch,3] x', 'bool[] c'],
  nodes: [node('y = If(c)', { then_branch: branch('a'), else_branch: branch('b') })],
};

function within(budget: OperatorBudget): Given {
  return { facts: { budget }, said: `budget.operators: ${JSON.stringify(budget)}` };
}

export const BUDGET: ExampleTable = {
  'budget/opset': {
    fails: onModel({ ...RELU, opsets: { 'ai.onnx': 11 } }, within({ opset: '>=13 <=21' })),
    passes: onModel({ ...RELU, opsets: { 'ai.onnx': 17 } }, within({ opset: '>=13 <=21' })),
  },
  'budget/domain': {
    fails: onModel(GELU, within({ domains: ['ai.onnx', 'ai.onnx.ml'] })),
    passes: onModel(RELU, within({ domains: ['ai.onnx', 'ai.onnx.ml'] })),
  },
  'budget/operator': {
    fails: onModel(NESTED, within({ deny: ['If', 'Loop'] })),
    passes: onModel(RELU, within({ deny: ['If', 'Loop'] })),
  },
  'budget/count': {
    fails: onModel({ ...IO, nodes: [node('a = Relu(x)'), node('y = Relu(a)')] }, within({ max: { Relu: 1 } })),
    passes: onModel(RELU, within({ max: { Relu: 1 } })),
  },
  'budget/parameters': {
    fails: onModel(LINEAR, within({ parameters: 8 })),
    passes: onModel(LINEAR, within({ parameters: 9 })),
  },
  'budget/depth': {
    fails: onModel(NESTED, within({ depth: 0 })),
    passes: onModel(NESTED, within({ depth: 1 })),
  },
  'budget/element-type': {
    fails: onModel(
      { ...RELU, inputs: ['double[batch,3] x'], outputs: ['double[batch,3] y'] },
      within({ dtypes: ['float'] }),
    ),
    passes: onModel(RELU, within({ dtypes: ['float'] })),
  },
};
