import { inFile } from '../tamper.ts';
import { CLASSES, type Fault, REGRESSION } from './fault.ts';
import { answering, SERVER_LAYER } from './server-faults.ts';

/** What no check was written for. */
export const FURTHER: readonly Fault[] = [
  {
    name: 'a server that fails on seven rows',
    owner: 'system',
    project: CLASSES,
    tamper: answering('if (dims[0] === 7) throw new Error("seven");'),
  },
  {
    name: 'a limit that is too low for the bounds',
    owner: 'system',
    project: { ...CLASSES, shape: 'wide' },
    memoryBytes: 47 * 2 ** 20,
  },
  {
    name: 'a server that falls over NaN',
    owner: 'system',
    project: CLASSES,
    tamper: answering('if (data.some(Number.isNaN)) process.exit(1);'),
  },
  {
    name: 'a server that answers NaN beside others',
    owner: 'system',
    project: CLASSES,
    tamper: answering(`globalThis.faultTurn = (globalThis.faultTurn ?? 0) + 1;
  if (globalThis.faultTurn > 2) data[0] = NaN;
  setImmediate(() => { globalThis.faultTurn = 0; });`),
  },
  {
    name: 'two outputs of one shape, each under the other’s name',
    owner: 'numeric',
    project: { ...REGRESSION, metrics: '{}', shape: 'pair' },
    tamper: {
      layer: SERVER_LAYER,
      change: inFile('app/server.mjs', (text) =>
        text.replaceAll('const tensor = tensors[port.name];', "const tensor = tensors[{ y: 'z', z: 'y' }[port.name]];"),
      ),
    },
  },
  {
    name: 'a middle in half precision that overflows',
    owner: 'numeric',
    project: { ...CLASSES, metrics: '{}', model: { last: 'HalfSoftmax' } },
  },
  {
    name: 'a list of classes that is off by one',
    owner: 'statistical',
    project: { ...CLASSES, classes: [1, 2, 0], metrics: 'accuracy: { min: 0.5 }' },
  },
  {
    name: 'a server that is slower than its budget',
    owner: 'system',
    project: { ...CLASSES, budget: 'budget: { latency: { p99Ms: 5, at: 4 } }' },
    tamper: answering('Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);'),
  },
  {
    name: 'a server that keeps what it answers',
    owner: 'system',
    project: CLASSES,
    memoryBytes: 256 * 2 ** 20,
    tamper: answering('(globalThis.faultKept ??= []).push(Buffer.alloc(2 ** 20, 1));'),
  },
  {
    name: 'a plan that names another type of output',
    owner: 'system',
    project: REGRESSION,
    tamper: {
      layer: SERVER_LAYER + 1,
      change: inFile('app/model/plan.json', (text) => {
        const plan = JSON.parse(text);
        plan.model.outputs[0].elementType = 'double';
        return JSON.stringify(plan);
      }),
    },
  },
  {
    name: 'a server that says 200 to an error',
    owner: 'system',
    project: REGRESSION,
    tamper: {
      layer: SERVER_LAYER,
      change: inFile('app/server.mjs', (text) =>
        text.replace(/\{ status: 200, body: text\w* \}/g, `{ status: 200, body: '{"error":"no"}' }`),
      ),
    },
  },
  {
    name: 'a server that falls over its second answer',
    owner: 'system',
    project: REGRESSION,
    tamper: answering('if (faultCalls === 2) process.exit(3);'),
  },
  {
    name: 'a server that answers by what it was asked before',
    owner: 'system',
    project: REGRESSION,
    tamper: answering(`const own = data[0];
  data[0] += 0.01 * (globalThis.faultLast ?? 0);
  globalThis.faultLast = own;`),
  },
  {
    name: 'a server that rounds in JSON alone',
    owner: 'system',
    project: { ...REGRESSION, metrics: '{}' },
    tamper: {
      layer: SERVER_LAYER,
      change: inFile('app/server.mjs', (text) =>
        text.replace(
          /function renderElements\(\w+, (\w+)\) \{/,
          '$& $1 = $1.map((one) => Number(one.toPrecision(4)));',
        ),
      ),
    },
  },
  {
    name: 'a server that is wrong over gRPC alone',
    owner: 'system',
    project: REGRESSION,
    tamper: {
      layer: SERVER_LAYER,
      change: inFile('app/server.mjs', (text) =>
        text.replaceAll(
          'const found = outputs.map((port) => tensorOf(port, tensors));',
          'const found = outputs.map((port) => tensorOf(port, tensors)).map((one) => ({ ...one, data: one.data.map((own) => own + 1) }));',
        ),
      ),
    },
  },
  {
    name: 'a server that loses the last row of seven',
    owner: 'system',
    project: CLASSES,
    tamper: answering(
      'if (dims[0] === 7) return { ...tensor, dims: [6, ...dims.slice(1)], data: data.slice(0, 6 * stride) };',
    ),
  },
];
