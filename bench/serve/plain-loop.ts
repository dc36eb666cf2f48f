import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { RUNTIME_ENVIRONMENT } from '../../src/validate/runtime/session-options.ts';
import { NODE, SERVER_CORE } from './contestants.ts';
import type { BenchWork, ModelName } from './setup.ts';

const PEERS = fileURLToPath(new URL('../peers/', import.meta.url));

/** What the runtime gives without any server: in the server's Node with the plan's session options, and from the Python wheel. */
export const LOOPS = ['loop', 'loop-python'] as const;
export type LoopName = (typeof LOOPS)[number];

const SIZES = [1, 2, 4, 8, 16, 32, 64];
/** For all numbers of rows together: the best of several short measurements would be the luckiest. */
const SECONDS = 14;

export interface LoopRate {
  readonly perSecond: number;
  /** Of processor time a row. */
  readonly cpuMicroseconds: number;
}

/** By the rows of a run. */
export type LoopRates = Readonly<Record<number, LoopRate>>;

/** Runs one after another on the server's processor, with the server's environment. */
export async function runLoop(
  name: LoopName,
  { work, model }: { readonly work: BenchWork; readonly model: ModelName },
): Promise<LoopRates> {
  const command =
    name === 'loop'
      ? [NODE, join(PEERS, 'loop.mjs'), dirname(work.server(model))]
      : [work.python, join(PEERS, 'loop.py'), work.modelFile(model)];
  const args = ['-c', SERVER_CORE, ...command, `${SECONDS}`, ...SIZES.map(String)];
  const { stdout } = await promisify(execFile)('taskset', args, { env: { ...process.env, ...RUNTIME_ENVIRONMENT } });
  return JSON.parse(stdout);
}

/** The best of them with no more rows a run than so many, and at how many rows. */
export function bestOf(rates: LoopRates, most = Number.POSITIVE_INFINITY): LoopRate & { readonly rows: number } {
  const found = Object.entries(rates).map(([rows, rate]) => ({ rows: Number(rows), ...rate }));
  const within = found.filter(({ rows }) => rows <= most);
  return within.reduce((best, other) => (other.perSecond > best.perSecond ? other : best));
}
