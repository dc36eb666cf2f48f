/**
 * Loads one of a list of models, of one kernel each, and runs it twice, with a line on its standard output before and after: what
 * is mapped and what the heap grows by between them, as strace shows it, is the kernel's. A third run tells how many bytes are touched.
 */
import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import { openSession } from '../templates/server/session.ts';
import type { Tensors } from '../templates/server/tensor.ts';

export interface Trial {
  readonly path: string;
  readonly inputs: readonly {
    readonly name: string;
    readonly elementType: string;
    readonly dims: readonly number[];
    /** Values that differ, between 0 and 1, or up to this number; the same everywhere if not given. */
    readonly upTo?: number;
  }[];
  readonly outputs: readonly string[];
}

const [, , list = '', place = '0', options = '{}'] = process.argv;

/** Every value from 0 up to 1 about as often. */
const spread = (index: number) => (index * 0.618_033_988_75) % 1;

const ARRAYS = {
  float: (count: number) => ({ type: 'float32', data: new Float32Array(count).fill(0.5) }),
  double: (count: number) => ({ type: 'float64', data: new Float64Array(count).fill(0.5) }),
  float16: (count: number) => ({ type: 'float16', data: new Uint16Array(count).fill(0x38_00) }),
  bool: (count: number) => ({ type: 'bool', data: new Uint8Array(count).fill(1) }),
  int64: (count: number) => ({ type: 'int64', data: new BigInt64Array(count).fill(1n) }),
  int16: (count: number) => ({ type: 'int16', data: new Int16Array(count).fill(1) }),
  int32: (count: number) => ({ type: 'int32', data: new Int32Array(count).fill(1) }),
  uint8: (count: number) => ({ type: 'uint8', data: new Uint8Array(count).fill(1) }),
  int8: (count: number) => ({ type: 'int8', data: new Int8Array(count).fill(1) }),
  string: (count: number) => ({ type: 'string', data: Array.from({ length: count }, () => 'word') }),
} as const;

function madeUp({ elementType, dims, upTo }: Trial['inputs'][number]) {
  const count = dims.reduce((product, size) => product * size, 1);
  const made = ARRAYS[elementType as keyof typeof ARRAYS](count);
  if (upTo !== undefined)
    for (let index = 0; index < count; index++) {
      const value = spread(index) * upTo;
      if (made.data instanceof BigInt64Array) made.data[index] = BigInt(Math.floor(value));
      else if (made.type !== 'string') made.data[index] = made.type.startsWith('float') ? value : Math.floor(value);
    }
  return { ...made, dims, location: 'cpu' };
}

function residentBytes(line: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return 1024 * Number(new RegExp(`^${line}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
}

const { path, inputs, outputs } = (JSON.parse(readFileSync(list, 'utf8')) as readonly Trial[])[Number(place)] as Trial;
try {
  const session = openSession(path, JSON.parse(options) as Record<string, unknown>);
  const feeds = Object.fromEntries(inputs.map((input) => [input.name, madeUp(input)])) as unknown as Tensors;
  const fetches = Object.fromEntries(outputs.map((name) => [name, null]));
  writeSync(1, '#begin\n');
  session.run(feeds, fetches);
  session.run(feeds, fetches);
  writeSync(1, '#end\n');
  writeFileSync('/proc/self/clear_refs', '5');
  const before = residentBytes('VmRSS');
  session.run(feeds, fetches);
  writeSync(1, `#touched ${residentBytes('VmHWM') - before}\n`);
} catch (error) {
  writeSync(1, `#failed ${error instanceof Error ? error.message.replaceAll('\n', ' ') : String(error)}\n`);
}
