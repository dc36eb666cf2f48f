import type { Attribute, Graph, Model, ValueType } from '../../src/onnx/model.ts';
import { attributeOf, graphOf, intsOf, modelOf, nodeOf, tensorOf, valueInfoOf } from './parts.ts';

const FLOAT: ValueType = { kind: 'tensor', elementType: 'float', shape: ['batch', 3, null] };
const UNNAMED_FIELD = Uint8Array.of(0xfa, 0x3e, 0x03, 1, 2, 3);

/** Small models that between them have every message and every field kind of ONNX. */
export function sampleModels(): ReadonlyMap<string, Model> {
  return new Map([
    ['least', modelOf()],
    ['attributes', modelOf({ graph: graphOf({ nodes: [nodeOf('Everything', { attributes: everyAttribute() })] }) })],
    ['types', modelOf({ graph: graphOf({ inputs: everyType() }) })],
    ['tensors', modelOf({ graph: everyTensor() })],
    ['nested', modelOf({ graph: nested(12) })],
    ['library', library()],
    ['long lists', modelOf({ graph: graphOf({ nodes: [nodeOf('Tree', { attributes: longLists() })] }) })],
  ]);
}

function everyAttribute(): readonly Attribute[] {
  const tensor = tensorOf('t', { dims: [2], data: { kind: 'memory', bytes: new Uint8Array(8).fill(7) } });
  const sparse = { values: tensor, indices: tensorOf('i', { elementType: 'int64' }), dims: [4] };
  return [
    attributeOf('none', { kind: 'undefined' }),
    attributeOf('float', { kind: 'float', value: 0.5 }),
    attributeOf('int', { kind: 'int', value: -(2n ** 63n) }),
    attributeOf('string', { kind: 'string', value: Buffer.from('SAME_UPPER') }),
    attributeOf('tensor', { kind: 'tensor', value: tensor }),
    attributeOf('graph', { kind: 'graph', value: graphOf({ name: 'inner' }) }),
    attributeOf('sparse', { kind: 'sparse-tensor', value: sparse }),
    attributeOf('type', { kind: 'type', value: FLOAT }),
    attributeOf('floats', { kind: 'floats', count: 2, spans: [], values: () => [1, Number.NaN] }),
    attributeOf('ints', intsOf(1, -1, 2 ** 53)),
    attributeOf('strings', {
      kind: 'strings',
      count: 2,
      spans: [],
      values: () => [Buffer.from('a'), new Uint8Array()],
    }),
    attributeOf('tensors', { kind: 'tensors', values: [tensor, tensor] }),
    attributeOf('graphs', { kind: 'graphs', values: [graphOf(), graphOf({ docString: 'second' })] }),
    attributeOf('sparses', { kind: 'sparse-tensors', values: [sparse] }),
    attributeOf('types', { kind: 'types', values: [FLOAT, { kind: 'sequence', element: FLOAT }] }),
    { ...attributeOf('taken', { kind: 'undefined' }), reference: 'outer', declaredType: 2 },
  ];
}

function everyType(): Graph['inputs'] {
  const types: readonly ValueType[] = [
    FLOAT,
    { kind: 'tensor', elementType: 'string', shape: null },
    { kind: 'tensor', elementType: 'int2', shape: [] },
    { kind: 'sparse-tensor', elementType: 'double', shape: [0, -1, 2 ** 40] },
    { kind: 'sequence', element: { kind: 'map', key: 'int64', value: FLOAT } },
    { kind: 'optional', element: { kind: 'sequence', element: null } },
    { kind: 'map', key: 'string', value: null },
    { kind: 'opaque', domain: 'com.example', name: 'Handle' },
  ];
  return types.map((type, index) => ({
    ...valueInfoOf(`x${index}`, 'float', null),
    type,
    docString: 'what it is',
    metadata: new Map([['key', 'value']]),
    unknown: [UNNAMED_FIELD],
  }));
}

function everyTensor(): Graph {
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index * 37);
  return graphOf({
    initializers: [
      tensorOf('raw', { dims: [3], data: { kind: 'memory', bytes: bytes(12) } }),
      tensorOf('scalar', { elementType: 'int64', data: { kind: 'memory', bytes: bytes(8) } }),
      tensorOf('half', { elementType: 'float16', dims: [4], data: { kind: 'memory', bytes: bytes(8) } }),
      tensorOf('quarter', { elementType: 'int2', dims: [5], data: { kind: 'memory', bytes: bytes(2) } }),
      tensorOf('six', { elementType: 'float6e3m2', dims: [5], data: { kind: 'memory', bytes: bytes(4) } }),
      tensorOf('empty', { dims: [0, 3], data: { kind: 'memory', bytes: bytes(0) } }),
      tensorOf('words', {
        elementType: 'string',
        dims: [2],
        data: { kind: 'memory-strings', values: [Buffer.from('zwei'), Buffer.from('Wörter')] },
        docString: 'documented',
        metadata: new Map([['quantized', 'no']]),
        unknown: [UNNAMED_FIELD],
      }),
      tensorOf('outside', {
        dims: [2],
        data: { kind: 'external', location: 'weights.bin', offset: 4096, length: 8, checksum: 'ab' },
      }),
    ],
    sparseInitializers: [
      {
        values: tensorOf('sparse', { dims: [1], data: { kind: 'memory', bytes: bytes(4) } }),
        indices: tensorOf('at', { elementType: 'int64', dims: [1], data: { kind: 'memory', bytes: bytes(8) } }),
        dims: [10, 10],
      },
    ],
    quantizationAnnotations: [{ tensorName: 'raw', parameters: new Map([['SCALE_TENSOR', 'scalar']]) }],
    outputs: [valueInfoOf('raw', 'float', [3])],
    valueInfos: [valueInfoOf('half', 'float16', ['n', 4])],
    metadata: new Map([['graph', 'data']]),
  });
}

function nested(depth: number): Graph {
  const inner = depth === 0 ? graphOf({ name: 'innermost' }) : nested(depth - 1);
  return graphOf({
    nodes: [nodeOf('If', { attributes: [attributeOf('then_branch', { kind: 'graph', value: inner })] })],
  });
}

function library(): Model {
  return modelOf({
    producerName: 'sample',
    producerVersion: '1',
    domain: 'com.example',
    modelVersion: -3n,
    docString: 'a model with functions',
    metadata: new Map([['author', 'nobody']]),
    graph: graphOf({
      nodes: [
        nodeOf('Twice', {
          domain: 'local',
          overload: 'float',
          name: 'call',
          inputs: ['x', ''],
          outputs: ['y'],
          docString: 'calls',
          metadata: new Map([['trace', 'file.py:1']]),
          deviceConfigurations: [Uint8Array.of(0x0a, 1, 0x61)],
          unknown: [UNNAMED_FIELD],
        }),
      ],
    }),
    functions: [
      {
        name: 'Twice',
        domain: 'local',
        overload: 'float',
        inputs: ['a', 'b'],
        outputs: ['c'],
        attributes: ['alpha'],
        attributeDefaults: [attributeOf('beta', { kind: 'float', value: 1 })],
        nodes: [nodeOf('Add', { inputs: ['a', 'a'], outputs: ['c'] })],
        opsetImports: [{ domain: '', version: 21 }],
        valueInfos: [valueInfoOf('c', 'float', null)],
        docString: 'adds to itself',
        metadata: new Map([['k', 'v']]),
        unknown: [UNNAMED_FIELD],
      },
    ],
    deviceConfigurations: [Uint8Array.of(0x0a, 1, 0x62, 0x10, 2)],
    unknown: [UNNAMED_FIELD],
  });
}

function longLists(): readonly Attribute[] {
  const count = 3000;
  const range = Array.from({ length: count }, (_, index) => index);
  return [
    attributeOf('ids', intsOf(...range)),
    attributeOf('thresholds', { kind: 'floats', count, spans: [], values: () => range }),
    attributeOf('modes', {
      kind: 'strings',
      count,
      spans: [],
      values: () => range.map(() => Buffer.from('BRANCH_LEQ')),
    }),
  ];
}
