import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Config } from '../src/nouns/config.ts';
import { EXIT, Failure } from '../src/nouns/failure.ts';
import { allTensors } from '../src/onnx/all-tensors.ts';
import { encodeModel } from '../src/onnx/encode-model.ts';
import type { Model } from '../src/onnx/model.ts';
import { readModel } from '../src/onnx/read-model.ts';
import { readTensorValues } from '../src/onnx/read-tensor.ts';
import type { Project } from '../src/project/read-project.ts';
import { type CheckedProject, checkProject, settleFindings } from '../src/recipes/check-project.ts';
import { reportOf } from '../src/recipes/report-of.ts';
import { modelSections } from '../src/report/difference/model-sections.ts';
import { REPORT_FORMATS, type RenderOptions, renderReport } from '../src/report/render-report.ts';
import { renderSummary } from '../src/report/summary-text.ts';
import { renderPage } from '../src/report/text-page.ts';
import { applyMends } from '../src/validate/fix/apply-mends.ts';
import { MENDS } from '../src/validate/fix/mends.ts';
import { writeMended } from '../src/validate/fix/write-mended.ts';
import { diffModels } from '../src/validate/summary/diff-models.ts';
import { summariseModel } from '../src/validate/summary/summarise-model.ts';
import { withoutOrigins } from '../test/onnx/without-origins.ts';

const PAGE = { colour: false, columns: 100 };

/** A budget that every part of is asked of every model. */
const CONFIG = Config.parse({
  model: 'model.onnx',
  bounds: { batch: 4, N: 3 },
  budget: {
    model: '1MiB',
    operators: {
      opset: '>=13',
      domains: ['ai.onnx', 'ai.onnx.ml'],
      deny: ['Loop', 'ai.onnx:Scan', 'com.microsoft:*'],
      max: { Conv: 1, nodes: 10 },
      parameters: 1000,
      depth: 1,
      dtypes: ['float', 'int64'],
    },
  },
});

/** The parts of the program that are asked of each model, in order; each must give its result or throw a `Failure`. */
const PARTS: Readonly<Record<string, (model: Model, project: Project) => unknown>> = {
  lint: async (_, project) => {
    const checked = checkProject(project);
    assertPromises(checked);
    const settled = settleFindings(checked.findings, project);
    const report = reportOf({ project, checked, settled, verdict: 'pass', asked: false, memory: null });
    const options: RenderOptions = { ...PAGE, describe: () => undefined, folder: project.folder, failOn: 'error' };
    for (const format of REPORT_FORMATS) await renderReport(report, format, options);
  },
  inspect: (model) => {
    const summary = summariseModel(model);
    return [JSON.stringify(summary), renderSummary(summary, PAGE)];
  },
  diff: (model) => renderPage(modelSections(diffModels(model, model)), PAGE),
  tensors: (model) => allTensors(model).forEach(({ tensor }) => void failureOf(() => readTensorValues(model, tensor))),
  fix,
  write: (model, { modelPath }) => {
    writeFileSync(`${modelPath}.again`, encodeModel(withoutOrigins(model)));
    readModel(`${modelPath}.again`);
  },
};

/**
 * What the program says to the bytes of a model: `read`, the codes of failures, or `defect` with the stack where something else
 * was thrown. Writes only beside `path`.
 */
export async function fuzzAnswer(path: string, bytes: Uint8Array): Promise<string> {
  writeFileSync(path, bytes);
  try {
    const model = readModel(path);
    const project = projectAt(path);
    const codes = new Set<string>();
    for (const [part, work] of Object.entries(PARTS)) {
      const failure = await failureOf(() => work(model, project));
      if (failure) codes.add(`${part}: ${failure.code}`);
    }
    return [...codes].join(', ') || 'read';
  } catch (cause) {
    return cause instanceof Failure ? cause.code : `defect: ${(cause as Error).stack}`;
  }
}

function projectAt(path: string): Project {
  return {
    name: 'fuzzed',
    folder: dirname(path),
    config: CONFIG,
    modelPath: path,
    lockPath: `${path}.lock`,
    casesPath: undefined,
    source: undefined,
  };
}

/** A finding that names a command of `fix` is one that `fix` mends. */
function assertPromises({ model, findings }: CheckedProject): void {
  const promised = new Set(
    findings.filter(({ rule, mend }) => mend.includes(`--only ${rule}\``)).map(({ rule }) => rule),
  );
  for (const mend of MENDS) {
    if (!promised.has(mend.rule)) continue;
    const { changes, left } = mend.apply(model, { externalBytes: 1024 });
    if (changes.length === 0 && left === undefined) throw new TypeError(`no mend, though promised, for ${mend.rule}`);
  }
}

/** All mends together and one by itself, which the size of the file chooses; what they give is written and read again. */
async function fix(model: Model, { folder }: Project): Promise<void> {
  const out = join(folder, 'mended');
  mkdirSync(out, { recursive: true });
  const alone = model.fileBytes % MENDS.length;
  for (const mends of [MENDS, MENDS.slice(alone, alone + 1)]) {
    const mended = await resultOf(() => applyMends(model, mends, { externalBytes: 1024 }));
    if (mended === undefined || mended.applied.length === 0) continue;
    const workshop = mkdtempSync(join(out, 'workshop-'));
    try {
      const written = await resultOf(() =>
        writeMended(mended, { original: model, out: join(out, 'm.onnx'), workshop }),
      );
      if (written === undefined) continue;
      const unread = await failureOf(() => readModel(written.path));
      await written.discard();
      if (unread) throw new TypeError(`what ${mends.map(({ rule }) => rule)} gave is no model: ${unread.message}`);
    } finally {
      rmSync(workshop, { recursive: true });
    }
  }
}

/** The result of work that may end in a failure. */
async function resultOf<T>(work: () => T | Promise<T>): Promise<T | undefined> {
  let value: T | undefined;
  await failureOf(async () => {
    value = await work();
  });
  return value;
}

async function failureOf(work: () => unknown): Promise<Failure | undefined> {
  try {
    await work();
    return undefined;
  } catch (cause) {
    // A system failure would be ours: nothing here asks anything of the system that it could not give.
    if (cause instanceof Failure && cause.exit !== EXIT.system) return cause;
    throw cause;
  }
}
