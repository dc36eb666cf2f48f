import { graph, node, weight } from '../../../support/model-builder.ts';
import { type ExampleTable, onModel } from './example.ts';

const INPUTS = ['float[2,3] x'];
const OUTPUTS = ['float[2,3] y'];
const RELU = { inputs: INPUTS, outputs: OUTPUTS, nodes: [node('y = Relu(x)')] };
const WITH_CONDITION = { inputs: ['float[2,3] x', 'bool[] c'], outputs: OUTPUTS };

/** An If whose branches are `then` and one that passes `x` on. */
function branches(then: ReturnType<typeof graph>, before: readonly ReturnType<typeof node>[] = []) {
  const otherwise = graph({ name: 'otherwise', outputs: ['float[2,3] b'], nodes: [node('b = Abs(x)')] });
  return { ...WITH_CONDITION, nodes: [...before, node('y = If(c)', { then_branch: then, else_branch: otherwise })] };
}

/** Examples for the rules about graphs, values and subgraphs. */
export const STRUCTURE_GRAPHS: ExampleTable = {
  'structure/empty-model': {
    fails: onModel({}),
    passes: onModel(RELU),
  },
  'structure/no-outputs': {
    fails: onModel({ ...RELU, outputs: [] }),
    passes: onModel(RELU),
  },
  'structure/duplicate-value': {
    fails: onModel({ ...RELU, nodes: [node('y = Relu(x)'), node('y = Abs(x)')] }),
    passes: onModel({ ...RELU, nodes: [node('a = Relu(x)'), node('y = Abs(a)')] }),
  },
  'structure/shadowed-value': {
    fails: onModel(
      branches(graph({ name: 'then', outputs: ['float[2,3] t'], nodes: [node('t = Relu(x)')] }), [node('t = Abs(x)')]),
    ),
    passes: onModel(
      branches(graph({ name: 'then', outputs: ['float[2,3] u'], nodes: [node('u = Relu(t)')] }), [node('t = Abs(x)')]),
    ),
  },
  'structure/undefined-value': {
    fails: onModel({ ...RELU, nodes: [node('y = Add(x, weigth)')], initializers: [weight('float[3] weight')] }),
    passes: onModel({ ...RELU, nodes: [node('y = Add(x, weight)')], initializers: [weight('float[3] weight')] }),
  },
  'structure/cycle': {
    fails: onModel({ ...RELU, nodes: [node('a = Add(x, b)'), node('b = Relu(a)'), node('y = Abs(b)')] }),
    passes: onModel({ ...RELU, nodes: [node('a = Add(x, x)'), node('b = Relu(a)'), node('y = Abs(b)')] }),
  },
  'structure/node-order': {
    fails: onModel({ ...RELU, nodes: [node('y = Relu(a)'), node('a = Abs(x)')] }),
    passes: onModel({ ...RELU, nodes: [node('a = Abs(x)'), node('y = Relu(a)')] }),
  },
  'structure/missing-output': {
    fails: onModel({ ...RELU, outputs: ['float[2,3] z'] }),
    passes: onModel(RELU),
  },
  'structure/duplicate-node-name': {
    fails: onModel({
      ...RELU,
      nodes: [node('a = Abs(x)', {}, { name: 'act' }), node('y = Relu(a)', {}, { name: 'act' })],
    }),
    passes: onModel({
      ...RELU,
      nodes: [node('a = Abs(x)', {}, { name: 'act_1' }), node('y = Relu(a)', {}, { name: 'act_2' })],
    }),
  },
  'structure/empty-name': {
    fails: onModel({ ...RELU, name: '' }),
    passes: onModel(RELU),
  },
  'structure/untyped-value': {
    fails: onModel({ ...RELU, inputs: ['x'] }),
    passes: onModel(RELU),
  },
  'structure/declared-type': {
    fails: onModel({ ...RELU, outputs: ['int64[2,3] y'] }),
    passes: onModel(RELU),
  },
  'structure/type-constraint': {
    fails: onModel({ ...RELU, inputs: ['float[2,3] x', 'int64[3] n'], nodes: [node('y = Add(x, n)')] }),
    passes: onModel({
      ...RELU,
      inputs: ['float[2,3] x', 'int64[3] n'],
      nodes: [node('f = Cast(n)', { to: 1 }), node('y = Add(x, f)')],
    }),
  },
  'structure/shape-conflict': {
    fails: onModel({
      ...RELU,
      outputs: ['float[2,4] y'],
      nodes: [node('y = MatMul(x, w)')],
      initializers: [weight('float[4,4] w')],
    }),
    passes: onModel({
      ...RELU,
      outputs: ['float[2,4] y'],
      nodes: [node('y = MatMul(x, w)')],
      initializers: [weight('float[3,4] w')],
    }),
  },
  'structure/subgraph-signature': {
    fails: onModel(
      branches(
        graph({ name: 'then', inputs: ['float[2,3] i'], outputs: ['float[2,3] t'], nodes: [node('t = Relu(i)')] }),
      ),
    ),
    passes: onModel(branches(graph({ name: 'then', outputs: ['float[2,3] t'], nodes: [node('t = Relu(x)')] }))),
  },
};
