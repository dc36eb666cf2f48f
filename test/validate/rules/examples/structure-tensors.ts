import { EXIT, Failure } from '../../../../src/nouns/failure.ts';
import { node, weight } from '../../../support/model-builder.ts';
import { type ExampleTable, onModel } from './example.ts';

const ADD = { inputs: ['float[2,3] x'], outputs: ['float[2,3] y'], nodes: [node('y = Add(x, w)')] };
const GOOD = { ...ADD, initializers: [weight('float[3] w')] };
const FEW_BYTES = { kind: 'memory', bytes: new Uint8Array(8) } as const;
const EXTERNAL = weight('float[3] w', { data: { kind: 'external', location: 'weights.bin', offset: 0 } });

const MISSING_FILE = new Failure('The external data of tensor "w" are missing: there is no weights.bin', {
  code: 'onnx/external-missing',
  exit: EXIT.findings,
  mend: 'Copy the data file together with the model; both are needed.',
});

const indices = (dims: readonly number[]) => weight(`int64[${dims.join(',')}] i`);

/** Examples for the rules about weights and how they are stored. */
export const STRUCTURE_TENSORS: ExampleTable = {
  'structure/tensor-data': {
    fails: onModel({ ...ADD, initializers: [weight('float[3] w', { data: FEW_BYTES })] }),
    passes: onModel(GOOD),
  },
  'structure/tensor-stored-twice': {
    fails: onModel({ ...ADD, initializers: [weight('float[3] w', { alsoStoredIn: ['float_data'] })] }),
    passes: onModel(GOOD),
  },
  'structure/duplicate-initializer': {
    fails: onModel({ ...ADD, initializers: [weight('float[3] w'), weight('float[3] w')] }),
    passes: onModel(GOOD),
  },
  'structure/initializer-type': {
    fails: onModel({ ...GOOD, inputs: ['float[2,3] x', 'int64[3] w'] }),
    passes: onModel(GOOD),
  },
  'structure/sparse-tensor': {
    fails: onModel({
      ...ADD,
      sparseInitializers: [{ values: weight('float[2] w'), indices: indices([3]), dims: [2, 3] }],
    }),
    passes: onModel({
      ...ADD,
      sparseInitializers: [{ values: weight('float[2] w'), indices: indices([2]), dims: [2, 3] }],
    }),
  },
  'structure/external-data': {
    fails: onModel(
      { ...ADD, initializers: [EXTERNAL] },
      {
        facts: {
          externalData: {
            files: [],
            problems: [{ tensor: EXTERNAL, graph: '', role: 'initializer', failure: MISSING_FILE }],
          },
        },
        said: 'without the file weights.bin',
      },
    ),
    passes: onModel(
      { ...ADD, initializers: [EXTERNAL] },
      { facts: { externalData: { files: [], problems: [] } }, said: 'with the file weights.bin of 12 bytes' },
    ),
  },
  'structure/irregular-file': {
    fails: onModel({
      ...GOOD,
      irregularities: [{ kind: 'repeated-message', message: 'the graph stands twice', offset: 131 }],
    }),
    passes: onModel(GOOD),
  },
};
