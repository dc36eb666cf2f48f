import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeModel } from '../src/onnx/encode-model.ts';
import type { Model, Tensor } from '../src/onnx/model.ts';
import { graph, model, node, weight } from '../test/support/model-builder.ts';

/** Where a run happens: on the thread that takes requests in, or, for models that take long, on one of its own. */
export type Seat = 'inline' | 'worker';

/** Rounds of a loop that does nothing: several times what the server runs on the thread that takes requests in. */
const SLOW_ROUNDS = 60_000;

const OPSETS = { 'ai.onnx': 17, 'ai.onnx.ml': 3 };
export const CHAIN_NODES = 1500;
export const TREES = 200;
const TREE_DEPTH = 8;

/** Models that take next to nothing by themselves, so that what is measured is the server. */
export const CALIBRATION_MODELS: Readonly<Record<string, () => Model>> = {
  'sink-inline': () => sink('inline'),
  'sink-worker': () => sink('worker'),
  'source-inline': () => source('inline'),
  'source-worker': () => source('worker'),
  chain,
  trees,
};

/** Lays a model out as prepared ones are; gives the path of its file. */
export function writeCalibrationModel(name: string, folder: string): string {
  const make = CALIBRATION_MODELS[name];
  if (!make) throw new Error(`there is no calibration model ${name}`);
  mkdirSync(join(folder, name), { recursive: true });
  const path = join(folder, name, 'model.onnx');
  writeFileSync(path, encodeModel(make()));
  return path;
}

/** Takes in as much as is wanted and gives one number. */
function sink(seat: Seat): Model {
  const sum = node('sum = ReduceSum(x)', { keepdims: 0 });
  return model({
    irVersion: 8,
    opsets: OPSETS,
    inputs: ['float[batch] x'],
    outputs: ['float[] y'],
    nodes: [sum, ...(seat === 'worker' ? [slow(), node('y = Add(sum, waited)')] : [node('y = Identity(sum)')])],
    initializers: seat === 'worker' ? SLOW_WEIGHTS : [],
  });
}

/** Takes one number and gives as many: integers, which are put together as a text where an answer is JSON, as most kinds of numbers are. */
function source(seat: Seat): Model {
  const count = seat === 'worker' ? [slow(), node('wanted = Add(n, waited)')] : [node('wanted = Identity(n)')];
  return model({
    irVersion: 8,
    opsets: OPSETS,
    inputs: ['float[] n'],
    outputs: ['int32[batch] y'],
    nodes: [...count, node('count = Cast(wanted)', { to: 6 }), node('y = Range(first, count, step)')],
    initializers: [
      scalar('int32[] first', Int32Array.of(0)),
      scalar('int32[] step', Int32Array.of(1)),
      ...(seat === 'worker' ? SLOW_WEIGHTS : []),
    ],
  });
}

function slow() {
  const body = graph({
    inputs: ['int64[] round', 'bool[] going', 'float[] state'],
    outputs: ['bool[] goes', 'float[] next'],
    nodes: [node('goes = Identity(going)'), node('next = Neg(state)')],
  });
  return node('waited = Loop(rounds, always, nothing)', { body });
}

const SLOW_WEIGHTS: readonly Tensor[] = [
  scalar('int64[] rounds', BigInt64Array.of(BigInt(SLOW_ROUNDS))),
  scalar('bool[] always', Uint8Array.of(1)),
  scalar('float[] nothing', Float32Array.of(0)),
];

function scalar(text: string, values: Float32Array | Int32Array | BigInt64Array | Uint8Array): Tensor {
  const bytes = new Uint8Array(values.buffer.slice(0));
  return weight(text, { data: { kind: 'memory', bytes } });
}

/** Many nodes, hardly any memory at run time. */
function chain(): Model {
  const nodes = Array.from({ length: CHAIN_NODES }, (_, place) =>
    node(`v${place + 1} = Neg(v${place})`, {}, { name: `node_${place}` }),
  );
  return model({
    irVersion: 8,
    opsets: OPSETS,
    inputs: ['float[batch] v0'],
    outputs: [`float[batch] v${CHAIN_NODES}`],
    nodes,
  });
}

function trees(): Model {
  const inner = 2 ** TREE_DEPTH - 1;
  const total = 2 * inner + 1;
  const all = Array.from({ length: TREES * total }, (_, place) => ({
    tree: Math.floor(place / total),
    id: place % total,
  }));
  const leaves = all.filter(({ id }) => id >= inner);
  const split = (id: number, to: number) => (id < inner ? 2 * id + to : 0);
  const regressor = node('y = ai.onnx.ml.TreeEnsembleRegressor(x)', {
    n_targets: 1,
    nodes_treeids: all.map(({ tree }) => tree),
    nodes_nodeids: all.map(({ id }) => id),
    nodes_featureids: all.map(({ id }) => id % 30),
    nodes_values: floats(all.map(({ id }) => (id < inner ? Math.sin(id) : 0))),
    nodes_hitrates: floats(all.map(() => 1)),
    nodes_modes: all.map(({ id }) => (id < inner ? 'BRANCH_LEQ' : 'LEAF')),
    nodes_truenodeids: all.map(({ id }) => split(id, 1)),
    nodes_falsenodeids: all.map(({ id }) => split(id, 2)),
    nodes_missing_value_tracks_true: all.map(() => 0),
    target_treeids: leaves.map(({ tree }) => tree),
    target_nodeids: leaves.map(({ id }) => id),
    target_ids: leaves.map(() => 0),
    target_weights: floats(leaves.map(({ id }) => Math.cos(id))),
  });
  return model({
    irVersion: 8,
    opsets: OPSETS,
    inputs: ['float[batch, 30] x'],
    outputs: ['float[batch, 1] y'],
    nodes: [{ ...regressor, domain: 'ai.onnx.ml', opType: 'TreeEnsembleRegressor' }],
  });
}

function floats(values: readonly number[]) {
  return { kind: 'floats' as const, count: values.length, spans: [], values: () => values };
}
