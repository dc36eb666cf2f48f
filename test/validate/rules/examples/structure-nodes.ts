import { fn, node } from '../../../support/model-builder.ts';
import { type ExampleTable, onModel } from './example.ts';

const RELU = { inputs: ['float[2,3] x'], outputs: ['float[2,3] y'], nodes: [node('y = Relu(x)')] };
const CONCAT = { ...RELU, outputs: ['float[4,3] y'] };
const ACME = { ...RELU, opsets: { 'ai.onnx': 21, acme: 1 }, nodes: [node('y = acme.Twice(x)')] };
const TWICE = fn('b = acme.Twice(a)', [node('b = Add(a, a)')]);

/** Thirty functions, each of which calls the next one twice. */
const DOUBLING = Array.from({ length: 30 }, (_, level) => {
  const next = level === 29 ? 'Relu' : `acme.F${level + 1}`;
  return fn(`b = acme.F${level}(a)`, [node(`t = ${next}(a)`), node(`b = ${next}(t)`)], {
    opsetImports: [
      { domain: '', version: 21 },
      { domain: 'acme', version: 1 },
    ],
  });
});

/** Examples for the rules about nodes, attributes, operator sets and functions. */
export const STRUCTURE_NODES: ExampleTable = {
  'structure/ir-version': {
    fails: onModel({ ...RELU, irVersion: 0 }),
    passes: onModel(RELU),
  },
  'structure/opset-imports': {
    fails: onModel({ ...RELU, opsetImports: [] }),
    passes: onModel(RELU),
  },
  'structure/unknown-operator': {
    fails: onModel({ ...RELU, nodes: [node('y = Rellu(x)')] }),
    passes: onModel(RELU),
  },
  'structure/removed-operator': {
    fails: onModel({ ...RELU, nodes: [node('y = Scatter(x, i, x)')], inputs: ['float[2,3] x', 'int64[2,3] i'] }),
    passes: onModel({
      ...RELU,
      nodes: [node('y = ScatterElements(x, i, x)')],
      inputs: ['float[2,3] x', 'int64[2,3] i'],
    }),
  },
  'structure/input-count': {
    fails: onModel({ ...RELU, nodes: [node('y = Relu(x, x)')] }),
    passes: onModel(RELU),
  },
  'structure/output-count': {
    fails: onModel({ ...RELU, nodes: [node('y, z = Relu(x)')] }),
    passes: onModel(RELU),
  },
  'structure/missing-attribute': {
    fails: onModel({ ...CONCAT, nodes: [node('y = Concat(x, x)')] }),
    passes: onModel({ ...CONCAT, nodes: [node('y = Concat(x, x)', { axis: 0 })] }),
  },
  'structure/unknown-attribute': {
    fails: onModel({ ...CONCAT, nodes: [node('y = Concat(x, x)', { axis: 0, axes: 0 })] }),
    passes: onModel({ ...CONCAT, nodes: [node('y = Concat(x, x)', { axis: 0 })] }),
  },
  'structure/attribute-type': {
    fails: onModel({ ...CONCAT, nodes: [node('y = Concat(x, x)', { axis: { kind: 'float', value: 0 } })] }),
    passes: onModel({ ...CONCAT, nodes: [node('y = Concat(x, x)', { axis: 0 })] }),
  },
  'structure/duplicate-attribute': {
    fails: onModel({
      ...CONCAT,
      nodes: [
        node(
          'y = Concat(x, x)',
          {},
          { attributes: [...node('= X()', { axis: 0 }).attributes, ...node('= X()', { axis: 1 }).attributes] },
        ),
      ],
    }),
    passes: onModel({ ...CONCAT, nodes: [node('y = Concat(x, x)', { axis: 0 })] }),
  },
  'structure/function-opsets': {
    fails: onModel({ ...ACME, functions: [{ ...TWICE, opsetImports: [] }] }),
    passes: onModel({ ...ACME, functions: [TWICE] }),
  },
  'structure/function-recursion': {
    fails: onModel({
      ...ACME,
      functions: [
        fn('b = acme.Twice(a)', [node('b = acme.Twice(a)')], { opsetImports: [{ domain: 'acme', version: 1 }] }),
      ],
    }),
    passes: onModel({ ...ACME, functions: [TWICE] }),
  },
  'structure/function-expansion': {
    fails: onModel({ ...ACME, nodes: [node('y = acme.F0(x)')], functions: DOUBLING }),
    passes: onModel({ ...ACME, functions: [TWICE] }),
  },
  'structure/duplicate-function': {
    fails: onModel({ ...ACME, functions: [TWICE, TWICE] }),
    passes: onModel({ ...ACME, functions: [TWICE] }),
  },
};
