import { writeFileSync } from 'node:fs';
import { encodeModel } from '../../../src/onnx/encode-model.ts';
import type { Attribute, ElementType, Model, Node, Shape, Tensor, ValueInfo } from '../../../src/onnx/model.ts';
import { readModel } from '../../../src/onnx/read-model.ts';

const NOTHING = { docString: '', metadata: new Map<string, string>(), unknown: [] } as const;

export function node(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  options: { readonly domain?: string; readonly attributes?: Readonly<Record<string, string | bigint>> } = {},
): Node {
  const { domain = '', attributes = {} } = options;
  const written = Object.entries(attributes).map(([name, value]): Attribute => {
    const typed = typeof value === 'bigint' ? { kind: 'int', value } : { kind: 'string', value: Buffer.from(value) };
    return { name, reference: '', docString: '', unknown: [], value: typed as Attribute['value'] };
  });
  return {
    ...NOTHING,
    name: `${opType}_${outputs[0]}`,
    opType,
    domain,
    overload: '',
    inputs,
    outputs,
    attributes: written,
  };
}

export function value(name: string, elementType: ElementType, shape: Shape): ValueInfo {
  return { ...NOTHING, name, type: { kind: 'tensor', elementType, shape } };
}

export function floats(name: string, dims: readonly number[], fill: (index: number) => number): Tensor {
  const data = Float32Array.from({ length: dims.reduce((product, size) => product * size, 1) }, (_, index) =>
    fill(index),
  );
  return {
    ...NOTHING,
    name,
    elementType: 'float',
    dims,
    data: { kind: 'memory', bytes: new Uint8Array(data.buffer) },
    span: { offset: 0, length: 0 },
  };
}

/** Of 64 bits. */
export function integers(name: string, dims: readonly number[], values: readonly bigint[]): Tensor {
  return {
    ...floats(name, [0], () => 0),
    elementType: 'int64',
    dims,
    data: { kind: 'memory', bytes: new Uint8Array(BigInt64Array.from(values).buffer) },
  };
}

export interface Parts {
  readonly nodes: readonly Node[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers?: readonly Tensor[];
  readonly irVersion?: number;
  readonly opset?: number;
  readonly domains?: readonly string[];
}

/** Writes a model of these parts to a file and reads it back. */
export function saveModel(path: string, parts: Parts): Model {
  const { nodes, inputs, outputs, initializers = [], irVersion = 8, opset = 17, domains = [] } = parts;
  const graph = {
    ...NOTHING,
    name: 'test',
    nodes,
    inputs,
    outputs,
    initializers,
    sparseInitializers: [],
    valueInfos: [],
    quantizationAnnotations: [],
  };
  const model: Model = {
    ...NOTHING,
    path,
    fileBytes: 0,
    irVersion,
    opsetImports: [{ domain: '', version: opset }, ...domains.map((domain) => ({ domain, version: 1 }))],
    producerName: 'plimsoll tests',
    producerVersion: '',
    domain: '',
    modelVersion: 0n,
    graph,
    functions: [],
    trainingInfoCount: 0,
  };
  writeFileSync(path, encodeModel(model));
  return readModel(path);
}

/** A network of two dense layers, whose first weights are large enough to leave the model's file. */
export function denseLayers(path: string, width = 40): Model {
  const weight = (index: number): number => Math.sin(index) / 8;
  return saveModel(path, {
    nodes: [
      node('MatMul', ['x', 'w0'], ['m0']),
      node('Add', ['m0', 'b0'], ['a0']),
      node('Relu', ['a0'], ['r0']),
      node('MatMul', ['r0', 'w1'], ['y']),
    ],
    inputs: [value('x', 'float', ['batch', width])],
    outputs: [value('y', 'float', ['batch', 3])],
    initializers: [floats('w0', [width, 301], weight), floats('b0', [301], weight), floats('w1', [301, 3], weight)],
  });
}
