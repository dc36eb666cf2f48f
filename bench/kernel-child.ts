/**
 * Loads a model of one kernel and runs it twice, with a line on its standard output before and after the second run: what is mapped
 * between them, as strace shows it, is the kernel's.
 */
import { writeSync } from 'node:fs';
import { openSession } from '../templates/server/session.ts';
import type { Tensors } from '../templates/server/tensor.ts';

interface Wanted {
  readonly name: string;
  readonly elementType: string;
  readonly dims: readonly number[];
}

const [, , path = '', inputs = '[]', outputs = '[]', options = '{}'] = process.argv;

const ARRAYS = {
  float: (count: number) => ({ type: 'float32', data: new Float32Array(count).fill(0.5) }),
  int64: (count: number) => ({ type: 'int64', data: new BigInt64Array(count).fill(1n) }),
  int32: (count: number) => ({ type: 'int32', data: new Int32Array(count).fill(1) }),
  uint8: (count: number) => ({ type: 'uint8', data: new Uint8Array(count).fill(1) }),
  int8: (count: number) => ({ type: 'int8', data: new Int8Array(count).fill(1) }),
} as const;

const session = openSession(path, JSON.parse(options) as Record<string, unknown>);
const feeds = Object.fromEntries(
  (JSON.parse(inputs) as Wanted[]).map(({ name, elementType, dims }) => {
    const count = dims.reduce((product, size) => product * size, 1);
    return [name, { ...ARRAYS[elementType as keyof typeof ARRAYS](count), dims, location: 'cpu' }];
  }),
) as unknown as Tensors;
const fetches = Object.fromEntries((JSON.parse(outputs) as string[]).map((name) => [name, null]));
session.run(feeds, fetches);
writeSync(1, '#begin\n');
session.run(feeds, fetches);
writeSync(1, '#end\n');
