import { readFileSync } from 'node:fs';
import { type Processor, processorOf } from '../src/validate/memory/processor.ts';

/** The one of this machine, of those that a plan tells apart. */
export function processorHere(): Processor {
  if (process.arch === 'arm64') return processorOf('arm64');
  const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
  return processorOf(/ avx512f /.test(`${flags} `) ? 'x86-64 AVX-512' : 'x86-64 AVX2');
}
