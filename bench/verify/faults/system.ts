import { inFile, without } from '../tamper.ts';
import { CLASSES, type Fault, REGRESSION } from './fault.ts';
import { answering, BASE_LAYER, OTHER_RUNTIME, SERVER_LAYER } from './server-faults.ts';

/** What the platform has to mend. */
export const SYSTEM: readonly Fault[] = [
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
    name: 'a server that writes binary tensors in the other order of bytes',
    owner: 'system',
    project: REGRESSION,
    tamper: {
      layer: SERVER_LAYER,
      change: inFile('app/server.mjs', (text) =>
        text.replace(/writeRawElements\(((?:tensor\.)?data)\);/g, 'Buffer.from(writeRawElements($1)).reverse();'),
      ),
    },
  },
  {
    name: 'an image without the C++ library',
    inContainer: true,
    owner: 'system',
    project: CLASSES,
    tamper: { layer: BASE_LAYER, change: without('usr/lib/x86_64-linux-gnu/libstdc++.so.6') },
  },
  {
    name: 'an image without the locale that its model needs',
    inContainer: true,
    owner: 'system',
    project: { kind: 'texts', seed: 3 },
    tamper: { layer: BASE_LAYER, change: without('usr/lib/locale') },
  },
  {
    name: 'an image that answers otherwise on arm64',
    isEmulated: true,
    inContainer: true,
    owner: 'system',
    project: { ...REGRESSION, platforms: ['linux/amd64', 'linux/arm64'] },
    tamper: answering('data[0] += 1;', 'linux/arm64'),
  },
  {
    name: 'a runtime that is another release, whose answers are right',
    owner: 'system',
    project: REGRESSION,
    tamper: OTHER_RUNTIME,
  },
];
