import { join } from 'node:path';
import type { CaseTensor } from '../../schemas/case.ts';
import { DEFAULT_RUNTIME } from '../nouns/config.ts';
import type { Finding } from '../nouns/finding.ts';
import type { Model } from '../onnx/model.ts';
import { type ModelFile, modelFiles } from '../onnx/model-files.ts';
import { readModel } from '../onnx/read-model.ts';
import { resolveExternalData } from '../onnx/resolve-external-data.ts';
import { CONFIG_NAME, type Project } from '../project/read-project.ts';
import { rule as modelRule } from '../validate/budget/model.ts';
import { overSize } from '../validate/budget/over-size.ts';
import { shippedKernelFacts } from '../validate/operators/kernel-facts.ts';
import { applyRuleSettings, type SettledFindings } from '../validate/rules/apply-rule-settings.ts';
import { allFindings } from '../validate/rules/check-model.ts';
import { contentNames } from '../validate/rules/content-names.ts';
import { curtailFindings } from '../validate/rules/curtail-findings.ts';
import type { CheckFacts } from '../validate/rules/rule-context.ts';
import { asFinding } from '../validate/rules/rule-finding.ts';
import { inferShapes } from '../validate/shapes/infer-shapes.ts';

/** A model that was read, and what the checks say of its file; nothing was run, and no weight was read. */
export interface CheckedProject {
  readonly model: Model;
  readonly findings: readonly Finding[];
  /** The ONNX file first, then its external data. */
  readonly files: readonly ModelFile[];
  /** Of all files. */
  readonly bytes: number;
}

/**
 * Reads a project's model and judges it by its file alone. Findings are as the rules give them; `settleFindings` applies what
 * the configuration says of them. Throws what the reader throws where it is no model at all.
 */
export function checkProject(project: Project, example?: readonly CaseTensor[]): CheckedProject {
  const model = readModel(project.modelPath);
  const externalData = resolveExternalData(model);
  const [problem] = externalData.problems;
  const files = problem ? [] : modelFiles(model);
  const bytes = problem ? model.fileBytes : files.reduce((sum, file) => sum + file.bytes, 0);
  const findings = allFindings({
    ...factsOf(project, model),
    externalData,
    ...(example && { fedInputs: namesOf(example) }),
  });
  return { model, findings: [...findings, ...modelBudget(project, bytes)], files, bytes };
}

function factsOf({ config }: Project, model: Model): CheckFacts {
  const { bounds, budget, runtime } = config;
  return {
    model,
    bounds,
    shaped: inferShapes(model, { bounds: new Map(Object.entries(bounds)) }),
    contentNames: contentNames(model),
    // What is known of kernels is known of one version; another one is asked itself.
    ...(runtime.onnxruntime === DEFAULT_RUNTIME.onnxruntime && { kernels: shippedKernelFacts() }),
    ...(budget.operators && { budget: budget.operators }),
  };
}

function namesOf(example: readonly CaseTensor[]): ReadonlySet<string> {
  return new Set(example.map((tensor) => tensor.name));
}

/** Findings with the severities of the configuration, less what it suppresses, and no more of a kind than a person reads. */
export function settleFindings(findings: readonly Finding[], { config, folder }: Project): SettledFindings {
  const settled = applyRuleSettings(findings, config, { file: join(folder, CONFIG_NAME) });
  return { ...settled, findings: curtailFindings(settled.findings) };
}

function modelBudget({ config, modelPath }: Project, bytes: number): readonly Finding[] {
  return overSize('model', { bytes, budget: config.budget.model }).map((violation) =>
    asFinding({ rule: modelRule, violation, file: modelPath, isHinted: false }),
  );
}
