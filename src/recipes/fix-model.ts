import { existsSync, realpathSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { FixResult, MendReport } from '../nouns/fix-result.ts';
import type { Model } from '../onnx/model.ts';
import { modelFiles } from '../onnx/model-files.ts';
import { readModel } from '../onnx/read-model.ts';
import type { Project } from '../project/read-project.ts';
import { tensorsOf } from '../validate/cases/tensor-of-case.ts';
import { applyMends, type MendedModel } from '../validate/fix/apply-mends.ts';
import type { Mend } from '../validate/fix/mend.ts';
import type { Proof } from '../validate/fix/proof.ts';
import { proveMends } from '../validate/fix/prove-mends.ts';
import { type WrittenMended, writeMended } from '../validate/fix/write-mended.ts';
import { childLimits } from '../validate/runtime/child-limits.ts';
import type { TensorValues } from '../validate/runtime/tensor-value.ts';
import { readExample } from './read-example.ts';

export interface FixOptions {
  /** Where the mended model goes; absolute. */
  readonly out: string;
  readonly mends: readonly Mend[];
  /** Inline weights from this size on are large. */
  readonly externalBytes: number;
  /** Replace what is at `out`. */
  readonly isForced: boolean;
  /** The folder of the onnxruntime-node package; asked for only when there is something to prove. */
  readonly runtimeFolder: () => Promise<string>;
  readonly signal?: AbortSignal;
}

/**
 * Mends a project's model into another file, and proves that it gives the same by running both. Mends that fail their proof
 * are dropped one by one. Nothing stands at `out` unless it was proven. Throws a Failure `fix/exists`, `fix/overwrites-input`,
 * and those of reading and writing.
 */
export async function fixModel(project: Project, options: FixOptions): Promise<FixResult> {
  assertFree(options.out, options);
  const original = readModel(project.modelPath);
  const all = applyMends(original, options.mends, options);
  const found: Found = { ...all, original, bytesBefore: bytesOf(original) };
  if (all.applied.length === 0) return { ...resultOf(found, []), verdict: 'nothing' };
  const workshop = await makeWorkshop(options.out);
  try {
    const example = await readExample(project);
    const { bounds } = project.config;
    const bench = {
      ...options,
      workshop,
      original,
      bounds,
      ...(example && { example: tensorsOf(example) }),
      folder: await options.runtimeFolder(),
    };
    return await mendAndProve(found, bench);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

interface Found extends MendedModel {
  readonly original: Model;
  readonly bytesBefore: number;
}

interface ProofBench extends FixOptions {
  readonly workshop: string;
  readonly original: Model;
  readonly folder: string;
  readonly bounds: Readonly<Record<string, number>>;
  readonly example?: TensorValues;
}

async function mendAndProve(found: Found, bench: ProofBench): Promise<FixResult> {
  const whole = await attempt(found, bench);
  if (whole.proof.state === 'proven') return finish(found, { ...whole, dropped: [] });
  await whole.written.discard();
  if (whole.proof.state === 'inconclusive')
    return { ...resultOf(found, []), verdict: 'inconclusive', proof: whole.proof };
  const { kept, dropped } = await separate(found, bench);
  if (kept.length === 0) return { ...resultOf(found, dropped), verdict: 'refused', proof: whole.proof };
  const rest = applyMends(bench.original, kept, bench);
  const last = await attempt(rest, bench);
  return finish({ ...found, applied: rest.applied }, { ...last, dropped });
}

/** Tries the mends one by one, each on top of those that were proven before it. */
async function separate(
  found: Found,
  bench: ProofBench,
): Promise<{ kept: readonly Mend[]; dropped: FixResult['dropped'] }> {
  const kept: Mend[] = [];
  const dropped: (MendReport & { why: string })[] = [];
  for (const { mend } of found.applied) {
    const { proof, written } = await attempt(applyMends(bench.original, [...kept, mend], bench), bench);
    await written.discard();
    if (proof.state === 'proven') kept.push(mend);
    else dropped.push({ ...reportOf(mend), why: proof.why ?? 'no proof was possible' });
  }
  return { kept, dropped };
}

interface Attempt {
  readonly written: WrittenMended;
  readonly proof: Proof;
}

async function attempt(mended: MendedModel, bench: ProofBench): Promise<Attempt> {
  const { original, out, workshop, signal } = bench;
  const written = await writeMended(mended, { original, out, workshop });
  try {
    for (const target of written.targets) assertFree(target, { ...bench, original });
    const result = readModel(written.path);
    const proof = await proveMends(original, result, {
      runtimeFolder: bench.folder,
      // Both are loaded at the same time.
      limits: childLimits(bytesOf(original) + bytesOf(result), totalmem()),
      temporaryFolder: workshop,
      bounds: bench.bounds,
      ...(bench.example && { example: bench.example }),
      isRowByRow: mended.applied.some(({ mend }) => mend.proof === 'row-by-row'),
      ...(signal && { signal }),
    });
    return { written, proof };
  } catch (error) {
    await written.discard();
    throw error;
  }
}

async function finish(
  found: Found,
  { written, proof, dropped }: Attempt & Pick<FixResult, 'dropped'>,
): Promise<FixResult> {
  await written.commit();
  const [model = ''] = written.targets;
  return {
    ...resultOf(found, dropped),
    verdict: 'mended',
    applied: found.applied.map(({ mend, changes }) => ({ ...reportOf(mend), changes })),
    files: written.targets,
    bytesAfter: bytesOf(readModel(model)),
    proof,
  };
}

function resultOf({ left, bytesBefore }: Found, dropped: FixResult['dropped']): Omit<FixResult, 'verdict'> {
  return {
    applied: [],
    dropped,
    left: left.map(({ mend, why }) => ({ ...reportOf(mend), why })),
    files: [],
    bytesBefore,
    bytesAfter: null,
    proof: null,
  };
}

function reportOf({ rule, title }: Mend): MendReport {
  return { rule, title };
}

function bytesOf(model: Model): number {
  return modelFiles(model).reduce((sum, { bytes }) => sum + bytes, 0);
}

async function makeWorkshop(out: string): Promise<string> {
  return mkdtemp(join(dirname(out), `.${basename(out)}.fixing-`)).catch((cause: Error) => {
    throw new Failure(`${out} cannot be written: ${cause.message}`, {
      code: 'onnx/unwritable',
      exit: EXIT.usage,
      mend: 'Check that the folder exists, may be written to and has room.',
      cause,
    });
  });
}

/** Nothing is overwritten unasked, and data that the original needs never. */
function assertFree(
  target: string,
  { isForced, original, out }: { isForced: boolean; original?: Model; out: string },
): void {
  if (!existsSync(target)) return;
  if (!isForced) {
    throw new Failure(`${target} is there already`, {
      code: 'fix/exists',
      exit: EXIT.usage,
      mend: 'Name another file with --out, or replace it with --force.',
    });
  }
  if (original === undefined || realpathSync(target) === realpathSync(original.path)) return;
  const isInPlace = existsSync(out) && realpathSync(out) === realpathSync(original.path);
  const isNeeded = modelFiles(original).some(({ path }) => realpathSync(path) === realpathSync(target));
  if (isInPlace || !isNeeded) return;
  throw new Failure(`${target} holds data of ${original.path}`, {
    code: 'fix/overwrites-input',
    exit: EXIT.usage,
    mend: 'Name another file with --out.',
  });
}
