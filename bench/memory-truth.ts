import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { makeGroup, type OwnGroup } from '../src/container/cgroup/make-group.ts';
import { mappedBytesOf } from '../src/container/cgroup/mapped-bytes.ts';
import { readModel } from '../src/onnx/read-model.ts';
import { holdsFilters } from '../src/validate/memory/held-filters.ts';
import { type Profile, RUNTIME_ENVIRONMENT, sessionOptions } from '../src/validate/runtime/session-options.ts';
import { childProgram } from './child-program.ts';

/**
 * What a model takes, by the kernel's own count: a fresh process in a memory cgroup of its own, with the files warm and charged
 * elsewhere, so that what is counted is what the system cannot take back. Needs the right to make cgroups.
 *
 *     tsx bench/memory-truth.ts MODEL lean '{"batch":8}' RUNTIME_FOLDER
 */

/** Values of a model's symbols. */
export type Sizes = Readonly<Record<string, number>>;

export type Step =
  | { readonly verb: 'load'; readonly model: string; readonly options: Readonly<Record<string, unknown>> }
  | {
      readonly verb: 'run';
      readonly runs: number;
      readonly inputs: readonly {
        readonly name: string;
        readonly elementType: string;
        readonly dims: readonly number[];
      }[];
      readonly outputs: readonly { readonly name: string }[];
    };

export interface Truth {
  /** The version of Node that was measured. */
  readonly node: string;
  /** Before the model is loaded. */
  readonly idleBytes: number;
  readonly createPeakBytes: number;
  readonly createdBytes: number;
  /** For each of the shapes, in their order. */
  readonly runPeakBytes: readonly number[];
  /** Memory of mapped files that the process touched. */
  readonly mappedBytes: number;
  readonly createMs: number;
  readonly runMs: readonly number[];
}

export interface TruthOptions {
  /** `default`: as a plain script loads a model, with no option set. */
  readonly profile: Profile | 'default';
  readonly runtimeFolder: string;
  /** From the smallest to the largest. */
  readonly shapes: readonly Sizes[];
  readonly node?: string;
}

/**
 * Measures each shape in a process of its own: three runs, one at the smallest shape, and two more. The runtime keeps one layout
 * of buffers for all shapes whose dimensions have the same exclusive-or, so the first shape of a process decides for others.
 */
export async function measureMemory(model: string, options: TruthOptions): Promise<Truth> {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-truth-'));
  const program = await childProgram({
    source: './memory-child.ts',
    folder,
    runtimeFolder: options.runtimeFolder,
  });
  const [smallest] = options.shapes;
  try {
    await converse(program, model, { ...options, shape: smallest ?? {}, group: null });
    const singles: SingleTruth[] = [];
    for (const shape of options.shapes) {
      singles.push(await converse(program, model, { ...options, shape, group: ownGroup() }));
    }
    const most = (of: (single: SingleTruth) => number) => Math.max(...singles.map(of));
    return {
      node: singles[0]?.node ?? '',
      idleBytes: most(({ idleBytes }) => idleBytes),
      createPeakBytes: most(({ createPeakBytes }) => createPeakBytes),
      createdBytes: most(({ createdBytes }) => createdBytes),
      mappedBytes: most(({ mappedBytes }) => mappedBytes),
      createMs: most(({ createMs }) => createMs),
      runPeakBytes: singles.map(({ runPeakBytes }) => runPeakBytes),
      runMs: singles.map(({ runMs }) => runMs),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type SingleTruth = Omit<Truth, 'runPeakBytes' | 'runMs'> & { readonly runPeakBytes: number; readonly runMs: number };

interface Conversation extends TruthOptions {
  readonly shape: Sizes;
  readonly group: OwnGroup | null;
}

async function converse(
  program: string,
  model: string,
  { profile, shapes, shape, group, node = process.execPath }: Conversation,
): Promise<SingleTruth> {
  const enter = group === null ? '' : `echo $$ > ${group.members} && `;
  const child = spawn('sh', ['-c', `${enter}exec ${node} ${program}`], {
    env: { ...process.env, ...(profile === 'default' ? {} : RUNTIME_ENVIRONMENT) },
    stdio: ['pipe', 'pipe', 'inherit'],
  }) as unknown as ChildProcessWithoutNullStreams;
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (step: Step): Promise<number> => {
    group?.group.countAnew();
    child.stdin.write(`${JSON.stringify(step)}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error(`${basename(model)}: the process ended`);
    const { milliseconds, failure } = JSON.parse(value) as { milliseconds: number; failure: string | null };
    if (failure !== null) throw new Error(`${basename(model)}: ${failure}`);
    return milliseconds;
  };
  // Pages of files that had left the cache are charged to whoever reads them again; they can be taken back.
  const peak = () => group?.group.unreclaimablePeakBytes ?? 0;
  const now = () => (group === null ? 0 : group.group.currentBytes - group.group.fileBytes);
  try {
    // The process has started once it answers; a run without a session does nothing.
    await ask({ verb: 'run', runs: 0, inputs: [], outputs: [] });
    const idleBytes = now();
    const createMs = await ask({
      verb: 'load',
      model,
      options:
        profile === 'default' ? {} : { ...sessionOptions(profile, { holdsFilters: holdsFilters(readModel(model)) }) },
    });
    const createPeakBytes = peak();
    const createdBytes = now();
    const step = stepFor(model, shape);
    let runMs = (await ask({ ...step, runs: 3 })) / 3;
    const first = peak();
    if (group !== null) {
      await ask({ ...stepFor(model, shapes[0] ?? shape), runs: 1 });
      runMs = Math.min(runMs, (await ask({ ...step, runs: 2 })) / 2);
    }
    const runPeakBytes = Math.max(first, peak());
    const mappedBytes = mappedBytesOf(child.pid);
    return {
      node: versionOf(node),
      idleBytes,
      createPeakBytes,
      createdBytes,
      runPeakBytes,
      mappedBytes,
      createMs,
      runMs,
    };
  } finally {
    child.stdin.end();
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    await group?.remove();
  }
}

function versionOf(node: string): string {
  return execFileSync(node, ['--version'], { encoding: 'utf8' }).trim().slice(1);
}

function stepFor(path: string, sizes: Sizes): Extract<Step, { readonly verb: 'run' }> {
  const { graph } = readModel(path);
  const stored = new Set(graph.initializers.map(({ name }) => name));
  const inputs = graph.inputs
    .filter(({ name }) => !stored.has(name))
    .map(({ name, type }) => {
      if (type?.kind !== 'tensor' || type.shape === null)
        throw new Error(`${path}: input ${name} is no tensor with a shape`);
      const dims = type.shape.map((size, axis) =>
        typeof size === 'number' ? size : (sizes[size ?? `${name}[${axis}]`] ?? 1),
      );
      return { name, elementType: type.elementType, dims };
    });
  return { verb: 'run', runs: 3, inputs, outputs: graph.outputs.map(({ name }) => ({ name })) };
}

/** @throws Error where this user may make no cgroup */
function ownGroup(): OwnGroup {
  const making = makeGroup(null);
  if (making.made === null) throw new Error(making.why);
  return making.made;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , model = '', profile = 'lean', sizes = '{}', runtimeFolder = ''] = process.argv;
  const shapes = [JSON.parse(sizes) as Sizes];
  console.log(await measureMemory(model, { profile: profile as Profile, runtimeFolder, shapes }));
}
