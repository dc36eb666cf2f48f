import type { ImageVerdict } from '../../src/nouns/verdict.ts';
import type { ProjectFacts } from './projects.ts';
import type { Tampering } from './tamper.ts';

/** Something that is wrong with an image, and whose it is. */
export interface Fault {
  readonly name: string;
  readonly owner: ImageVerdict['failures'][number]['owner'];
  readonly project: ProjectFacts;
  /** Whether the image was made of `project.before`, and the project moved on. */
  readonly isBuiltFirst?: boolean;
  readonly tamper?: Tampering;
  /** The limit that it is started under. */
  readonly memoryBytes?: number;
  /** The project of the released model. */
  readonly released?: ProjectFacts;
  /** Shown by an engine alone: a process finds what the image lacks on its machine. */
  readonly inContainer?: boolean;
  /** Part of the reduced form. */
  readonly isTaken?: boolean;
}

const CLASSES: ProjectFacts = { kind: 'classes', seed: 1 };
const REGRESSION: ProjectFacts = { kind: 'regression', seed: 2 };

/** From the bottom up, as the lock names them. */
const RUNTIME_LAYER = 2;
const SERVER_LAYER = 3;

/** Where the server takes the tensors of an answer; what is put there sees every one of them. */
const TENSOR = 'const tensor = tensors[port.name];';

/** A server whose answers go through a function of a tensor with dims and data. */
function answering(body: string): Tampering {
  const change = (text: string) => `${text.replaceAll(TENSOR, 'const tensor = FAULT(tensors[port.name]);')}
var faultCalls = 0;
function FAULT(tensor) {
  if (tensor === undefined) return tensor;
  faultCalls += 1;
  const { dims } = tensor;
  const data = tensor.data.slice();
  const stride = dims.slice(1).reduce((product, size) => product * size, 1);
  ${body}
  return { ...tensor, dims, data };
}
`;
  return { layer: SERVER_LAYER, path: 'app/server.mjs', change };
}

/** The same for the runtime: its Node binding gives other numbers, as one of another version might. */
const OTHER_RUNTIME: Tampering = {
  layer: RUNTIME_LAYER,
  isLeftUnlocked: true,
  path: 'app/node_modules/onnxruntime-node/dist/binding.js',
  change: (text) => `${text}
const { InferenceSession: Own } = exports.binding;
exports.binding = {
  ...exports.binding,
  InferenceSession: class extends Own {
    run(...facts) {
      const results = super.run(...facts);
      for (const { data } of Object.values(results)) for (let at = 0; at < data.length; at++) data[at] *= 1.01;
      return results;
    }
  },
};
`,
};

const SYSTEM: readonly Fault[] = [
  {
    name: 'a server that swaps the rows of a batch',
    owner: 'system',
    project: CLASSES,
    isTaken: true,
    tamper: answering(
      'if (dims[0] > 1) for (let at = 0; at < stride; at++) [data[at], data[data.length - stride + at]] = [data[data.length - stride + at], data[at]];',
    ),
  },
  {
    name: 'a server that is wrong under load',
    owner: 'system',
    project: CLASSES,
    // More than one answer within a turn of the event loop.
    tamper: answering(`globalThis.faultTurn = (globalThis.faultTurn ?? 0) + 1;
  if (globalThis.faultTurn > 1) data[0] += 1;
  setImmediate(() => { globalThis.faultTurn = 0; });`),
  },
  {
    name: 'a server that writes binary tensors in the other order of bytes',
    owner: 'system',
    project: REGRESSION,
    tamper: {
      layer: SERVER_LAYER,
      path: 'app/server.mjs',
      change: (text) =>
        text.replaceAll(
          'const bytes = writeRawElements(tensor.data);',
          'const bytes = Buffer.from(writeRawElements(tensor.data)).reverse();',
        ),
    },
  },
  {
    name: 'a server that falls over NaN',
    owner: 'system',
    project: CLASSES,
    tamper: answering('if (data.some(Number.isNaN)) process.exit(1);'),
  },
  {
    name: 'a server that fails on seven rows',
    owner: 'system',
    project: CLASSES,
    tamper: answering('if (dims[0] === 7) throw new Error("seven");'),
  },
  {
    name: 'a server that takes too long now and then',
    owner: 'system',
    project: CLASSES,
    tamper: answering(
      'if (dims[0] === 7 && (globalThis.faultWaits = (globalThis.faultWaits ?? 0) + 1) < 3) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 6000);',
    ),
  },
  {
    name: 'a server that drifts with time',
    owner: 'system',
    project: REGRESSION,
    tamper: answering('if (faultCalls > 60) data[0] += 1;'),
  },
  {
    name: 'a limit that is too low to start',
    owner: 'system',
    project: CLASSES,
    isTaken: true,
    memoryBytes: 24 * 2 ** 20,
  },
  {
    name: 'a limit that is too low for the bounds',
    owner: 'system',
    project: { ...CLASSES, shape: 'wide', settings: '' },
    memoryBytes: 47 * 2 ** 20,
  },
  {
    name: 'an image without the C++ library',
    inContainer: true,
    owner: 'system',
    project: CLASSES,
    tamper: { layer: 0, path: 'usr/lib/x86_64-linux-gnu/libstdc++.so.6', change: null },
  },
];

const NUMERIC: readonly Fault[] = [
  {
    name: 'a scaler with another deviation',
    owner: 'numeric',
    isTaken: true,
    project: { ...CLASSES, metrics: '{}', model: { deviation: (own) => own.map((one) => one * 1.5) } },
  },
  {
    name: 'a scaler without its mean',
    owner: 'numeric',
    project: { ...CLASSES, metrics: '{}', model: { mean: (own) => own.map(() => 0) } },
  },
  {
    name: 'weights of one feature that are a hundredth off',
    owner: 'numeric',
    project: {
      ...REGRESSION,
      metrics: '{}',
      model: { weights: (own) => own.map((row, at) => (at === 0 ? row.map((one) => one * 1.01) : row)) },
    },
  },
  {
    name: 'classes in another order',
    owner: 'numeric',
    project: {
      ...CLASSES,
      metrics: '{}',
      model: { weights: (own) => own.map((row) => [...row].reverse()), bias: (own) => [...own].reverse() },
    },
  },
  {
    name: 'a bias with another sign',
    owner: 'numeric',
    project: { ...REGRESSION, metrics: '{}', model: { bias: (own) => own.map((one) => -one) } },
  },
  {
    name: 'logarithms in place of probabilities',
    owner: 'numeric',
    project: { ...CLASSES, metrics: '{}', model: { last: 'LogSoftmax' } },
  },
  {
    name: 'weights that were rounded too far',
    owner: 'numeric',
    project: {
      ...CLASSES,
      metrics: '{}',
      model: { weights: (own) => own.map((row) => row.map((one) => Math.round(one * 10) / 10)) },
    },
  },
  {
    name: 'a runtime of another version in the image',
    owner: 'numeric',
    isTaken: true,
    project: { ...REGRESSION, metrics: '{}' },
    tamper: OTHER_RUNTIME,
  },
  {
    name: 'a server that rounds what it answers',
    owner: 'numeric',
    project: { ...REGRESSION, metrics: '{}' },
    tamper: answering('for (let at = 0; at < data.length; at++) data[at] = Math.round(data[at] * 10) / 10;'),
  },
  {
    name: 'an image of the model from before',
    owner: 'numeric',
    isBuiltFirst: true,
    project: {
      ...CLASSES,
      metrics: '{}',
      before: {
        ...CLASSES,
        followsModel: true,
        model: { weights: (own) => own.map((row) => row.map((one) => one * 0.9)) },
      },
    },
  },
];

const OWN = { followsModel: true } as const;

const STATISTICAL: readonly Fault[] = [
  {
    name: 'labels that are shifted by one',
    owner: 'statistical',
    isTaken: true,
    project: { ...CLASSES, labels: 'shifted', metrics: 'accuracy: { min: 0.6 }' },
  },
  {
    name: 'labels that are shuffled',
    owner: 'statistical',
    project: { ...CLASSES, labels: 'shuffled', metrics: 'auc: { min: 0.8 }' },
  },
  {
    name: 'a slice that is under its threshold',
    owner: 'statistical',
    isTaken: true,
    project: { ...CLASSES, labels: 'wrong in the south', metrics: 'accuracy: { min: 0.52, slices: true }' },
  },
  {
    name: 'a model that is worse than the released one',
    owner: 'statistical',
    released: { ...CLASSES, metrics: 'accuracy: { worse: 0.01 }' },
    project: {
      ...CLASSES,
      ...OWN,
      metrics: 'accuracy: { worse: 0.01 }',
      model: { weights: (own) => own.map((row, at) => (at < 2 ? row.map(() => 0) : row)) },
    },
  },
  {
    name: 'a loss that is worse than the released one',
    owner: 'statistical',
    released: { ...CLASSES, metrics: 'logLoss: {}' },
    project: {
      ...CLASSES,
      ...OWN,
      metrics: 'logLoss: {}',
      model: { weights: (own) => own.map((row) => row.map((one) => one * 2)) },
    },
  },
  {
    name: 'scores that are too sure of themselves',
    owner: 'statistical',
    project: {
      ...CLASSES,
      ...OWN,
      metrics: 'calibrationError: { max: 0.08 }',
      model: { weights: (own) => own.map((row) => row.map((one) => one * 4)) },
    },
  },
  {
    name: 'a log loss over its threshold',
    owner: 'statistical',
    project: {
      ...CLASSES,
      ...OWN,
      metrics: 'logLoss: { max: 0.8 }',
      model: { weights: (own) => own.map((row) => row.map((one) => one * 6)) },
    },
  },
  {
    name: 'values that lie off by a constant',
    owner: 'statistical',
    project: { ...REGRESSION, labels: 'shifted', metrics: 'rmse: { max: 0.5 }' },
  },
  {
    name: 'a regression that explains too little',
    owner: 'statistical',
    project: {
      ...REGRESSION,
      ...OWN,
      metrics: 'r2: { min: 0.9 }',
      model: { weights: (own) => own.map((row, at) => (at < 3 ? row.map(() => 0) : row)) },
    },
  },
  {
    name: 'a ranking that is turned round',
    owner: 'statistical',
    project: {
      ...CLASSES,
      ...OWN,
      metrics: 'recall@1: { min: 0.5 }\n        ndcg@3: { min: 0.8 }',
      model: { weights: (own) => own.map((row) => row.map((one) => -one)) },
    },
  },
];

export const FAULTS: readonly Fault[] = [...SYSTEM, ...NUMERIC, ...STATISTICAL];
