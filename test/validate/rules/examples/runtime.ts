import { shippedKernelFacts } from '../../../../src/validate/operators/kernel-facts.ts';
import { node } from '../../../support/model-builder.ts';
import { type ExampleTable, onModel } from './example.ts';

const RELU = { inputs: ['float[2,3] x'], outputs: ['float[2,3] y'], nodes: [node('y = Relu(x)')] };
const LSTM = { inputs: ['float[L,1,4] x', 'float[1,8,4] w', 'float[1,8,2] r'], outputs: ['float[?,?,?,?] y'] };
const KERNELS = { facts: { kernels: shippedKernelFacts() }, said: 'with onnxruntime 1.30.0' };

export const RUNTIME: ExampleTable = {
  'runtime/ir-version': {
    fails: onModel({ ...RELU, irVersion: 14 }),
    passes: onModel({ ...RELU, irVersion: 13 }),
  },
  'runtime/opset': {
    fails: onModel({ ...RELU, opsets: { 'ai.onnx': 27 } }),
    passes: onModel({ ...RELU, opsets: { 'ai.onnx': 26 } }),
  },
  'runtime/custom-operator': {
    fails: onModel({ ...RELU, opsets: { 'ai.onnx': 21, acme: 1 }, nodes: [node('y = acme.Magic(x)')] }),
    passes: onModel(RELU),
  },
  'runtime/binding-type': {
    fails: onModel({
      inputs: ['bfloat16[2,3] x'],
      outputs: ['float[2,3] y'],
      nodes: [node('y = Cast(x)', { to: 1 })],
    }),
    passes: onModel({ inputs: ['int64[2,3] x'], outputs: ['float[2,3] y'], nodes: [node('y = Cast(x)', { to: 1 })] }),
  },
  'runtime/no-kernel': {
    fails: onModel({ ...RELU, inputs: ['int16[2,3] x'], outputs: ['int16[2,3] y'] }, KERNELS),
    passes: onModel({ ...RELU, inputs: ['int32[2,3] x'], outputs: ['int32[2,3] y'] }, KERNELS),
  },
  'runtime/kernel-limit': {
    fails: onModel({ ...LSTM, nodes: [node('y = LSTM(x, w, r)', { hidden_size: 2, layout: 1 })] }),
    passes: onModel({ ...LSTM, nodes: [node('y = LSTM(x, w, r)', { hidden_size: 2 })] }),
  },
};
