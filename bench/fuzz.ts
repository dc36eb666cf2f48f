import { fork } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Failure } from '../src/nouns/failure.ts';
import { encodeModel } from '../src/onnx/encode-model.ts';
import { readModel } from '../src/onnx/read-model.ts';
import { bundleFiles, CORPUS, HAS_CORPUS } from '../test/onnx/corpus.ts';
import { sampleModels } from '../test/onnx/sample-models.ts';
import { withoutOrigins } from '../test/onnx/without-origins.ts';
import { peakMemoryBytes } from '../test/support/peak-memory.ts';
import { fuzzAnswer } from './fuzz-answer.ts';
import { mutateGraph } from './mutate-graph.ts';
import { mutateInside, PLAIN, Random, STRUCTURED } from './mutations.ts';

/**
 * Mutates small models, as bytes and as graphs, and has the whole program answer but the runtime: reading, `lint --static`,
 * `inspect`, `diff`, `fix` without its proof, writing. `npx tsx bench/fuzz.ts --seconds 60 --seed 1`. Exits with 1 and keeps
 * the bytes where an answer is no `Failure`, takes two seconds of processor time or costs more than 200 MB. The same seed
 * mutates in the same way; the seconds only say how far it gets.
 */
const LONGEST_ANSWER_MS = 2000;
const LARGEST_GROWTH_BYTES = 200 * 1024 * 1024;
const LARGEST_SEED_BYTES = 64 * 1024;
/** All seeds are answered once before the first mutation. */
const LONGEST_START_MS = 300_000;
/** By the clock, on a machine that may have other things to do: far beyond two seconds of processor time. */
const LONGEST_SILENCE_MS = 120_000;
/** Different defects that are collected before it ends by itself. */
const MOST_DEFECTS = 20;
/** Repeated fields grow a model without end; beyond this it is only slow, not odd. */
const LARGEST_MUTANT_BYTES = 256 * 1024;

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    /** Set by the watching process on the one that it watches: the folder to work in. */
    folder: { type: 'string' },
  },
});

if (flags.folder === undefined) watch();
else await fuzz(flags.folder);

interface Tally {
  readonly executions: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  readonly grownBytes: number;
  /** By where they were thrown. */
  readonly defects: readonly string[];
  /** What ended the run before its time. */
  readonly end?: string;
}

/** Runs the fuzzer in a process of its own, so that a hang or a crash is seen as well. */
function watch(): void {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-fuzz-'));
  const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), '--folder', folder]);
  let last: Tally | undefined;
  let hung = false;
  const hang = (): void => {
    hung = true;
    child.kill('SIGKILL');
  };
  let timer = setTimeout(hang, LONGEST_START_MS);
  child.on('message', (tally: Tally) => {
    last = tally;
    clearTimeout(timer);
    timer = setTimeout(hang, LONGEST_SILENCE_MS);
  });
  child.on('exit', (code) => {
    clearTimeout(timer);
    const end = hung ? 'no answer at all' : (last?.end ?? (code === 0 ? undefined : `the process ended with ${code}`));
    console.log(JSON.stringify({ seed: Number(flags.seed), ...last, ...(end !== undefined && { end }) }, null, 2));
    const isSound = end === undefined && last?.defects.length === 0;
    if (isSound) rmSync(folder, { recursive: true });
    else console.error(`the inputs are kept in ${folder}`);
    process.exitCode = isSound ? 0 : 1;
  });
}

async function fuzz(folder: string): Promise<void> {
  const random = new Random(Number(flags.seed));
  const seeds = await seedModels();
  const path = join(folder, 'model.onnx');
  for (const seed of seeds) await fuzzAnswer(path, seed);
  const base = peakMemoryBytes();
  const end = performance.now() + Number(flags.seconds) * 1000;
  const outcomes: Record<string, number> = {};
  const defects = new Map<string, string>();
  let executions = 0;
  let slowestMs = 0;
  let told = 0;
  let ending: string | undefined;
  const grownBytes = (): number => peakMemoryBytes() - base;
  const tally = (): Tally => ({
    executions,
    outcomes,
    slowestMs,
    grownBytes: grownBytes(),
    defects: [...defects.values()],
    ...(ending !== undefined && { end: ending }),
  });
  while (performance.now() < end && ending === undefined) {
    const mutant = random.below(2) ? mutatedGraph(path, { random, seeds }) : mutated(random, seeds);
    const start = process.cpuUsage();
    const outcome = await fuzzAnswer(path, mutant);
    const { user, system } = process.cpuUsage(start);
    const ms = (user + system) / 1000;
    executions++;
    slowestMs = Math.max(slowestMs, Math.round(ms));
    if (outcome.startsWith('defect')) keep(outcome, mutant, { folder, defects });
    else outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    if (defects.size >= MOST_DEFECTS) ending = 'enough defects';
    else if (ms > LONGEST_ANSWER_MS) ending = `an answer took ${Math.round(ms)} ms of processor time`;
    else if (grownBytes() > LARGEST_GROWTH_BYTES) ending = `memory grew by ${grownBytes()} bytes`;
    if (performance.now() - told < 500) continue;
    told = performance.now();
    process.send?.(tally());
  }
  process.send?.(tally(), () => process.disconnect?.());
}

/** Keeps one input for each place at which something is wrong. */
function keep(
  outcome: string,
  mutant: Uint8Array,
  { folder, defects }: { folder: string; defects: Map<string, string> },
): void {
  const place = outcome
    .split('\n', 3)
    .join('\n')
    .replace(/\d+ bytes/g, '');
  if (defects.has(place)) return;
  writeFileSync(join(folder, `defect-${defects.size}.onnx`), mutant);
  defects.set(place, outcome);
}

/** Models made here by the writer, and the small ones of the public corpus where it lies. */
async function seedModels(): Promise<readonly Uint8Array[]> {
  const made = [...sampleModels().values()].map(encodeModel);
  if (!HAS_CORPUS) return made;
  const found = readdirSync(CORPUS, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.onnx'))
    .sort()
    .map((name) => join(CORPUS, name))
    .filter((path) => statSync(path).size <= LARGEST_SEED_BYTES);
  const nodeTests = [...(await bundleFiles('bundles/onnx-backend-node.shared.tar.gz'))]
    .filter(([name, bytes]) => name.endsWith('model.onnx') && bytes.length <= LARGEST_SEED_BYTES)
    .map(([, bytes]) => bytes);
  return [...made, ...found.map((path) => readFileSync(path)), ...nodeTests];
}

function mutated(random: Random, seeds: readonly Uint8Array[]): Uint8Array {
  let bytes = random.pick(seeds);
  for (let rounds = 1 + random.below(4); rounds > 0; rounds--) {
    if (bytes.length === 0) return bytes;
    const kind = random.below(3);
    const next =
      kind === 0 ? random.pick(PLAIN)(bytes, random) : mutateInside(bytes, random, kind === 1 ? PLAIN : STRUCTURED);
    if (next.length <= LARGEST_MUTANT_BYTES) bytes = next;
  }
  return bytes;
}

/** A model that is well formed and says odd things; a model that cannot be read is mutated as bytes. */
function mutatedGraph(path: string, { random, seeds }: { random: Random; seeds: readonly Uint8Array[] }): Uint8Array {
  const seed = random.pick(seeds);
  writeFileSync(path, seed);
  try {
    let model = readModel(path);
    for (let rounds = 1 + random.below(3); rounds > 0; rounds--) model = mutateGraph(model, random);
    return encodeModel(withoutOrigins(model));
  } catch (cause) {
    if (cause instanceof Failure) return mutated(random, [seed]);
    throw cause;
  }
}
