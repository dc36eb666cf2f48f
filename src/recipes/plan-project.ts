import type { Finding } from '../nouns/finding.ts';
import type { MemoryReport } from '../nouns/memory-report.ts';
import type { Model } from '../onnx/model.ts';
import type { Project } from '../project/read-project.ts';
import { memoryBreaches, rule as overBudget } from '../validate/budget/memory.ts';
import { memoryFacts } from '../validate/memory/memory-facts.ts';
import { SMALLEST_SAVING } from '../validate/memory/remedies.ts';
import { unplannedFacts } from '../validate/memory/unplanned-facts.ts';
import { largestRun, rule as largestRunRule } from '../validate/memory-rules/largest-run.ts';
import { differingPlan, rule as planDiffers } from '../validate/memory-rules/plan-differs.ts';
import { rule as slow, slowMemory } from '../validate/memory-rules/slow.ts';
import { uncalibrated, rule as uncalibratedRule } from '../validate/memory-rules/uncalibrated.ts';
import { noPlan, rule as unknown, unknownMemory } from '../validate/memory-rules/unknown.ts';
import type { SettledFindings } from '../validate/rules/apply-rule-settings.ts';
import type { RuleDescription, Violation } from '../validate/rules/rule.ts';
import { asFinding } from '../validate/rules/rule-finding.ts';
import type { Profile } from '../validate/runtime/session-options.ts';
import { batchName } from './batch-name.ts';
import type { Preparation } from './cached-preparation.ts';
import { planOptions, settleProfile } from './settle-profile.ts';
import { withServingLimit } from './with-serving-limit.ts';

/** The memory of a project's model as it ships, or why none is known. */
export type PlannedMemory = { readonly memory: MemoryReport } | { readonly memory: null; readonly why: string };

/** Plans the memory of what ships, never of another graph; under the profile that is settled already, where one is. */
export function planProject({ config }: Project, preparation: Preparation, settled?: Profile): PlannedMemory {
  if (preparation.state === 'absent') return { memory: null, why: preparation.why };
  const options = { ...planOptions(config, preparation.model), profile: settled ?? settleProfile(config, preparation) };
  if (preparation.form === 'original') {
    const reason = preparation.reason ?? 'it cannot be prepared';
    const why = `the model ships as it is (${reason}), and what the runtime makes of it is not known`;
    return { memory: { ...unplannedFacts(options, why), basis: 'plan', probe: null, speed: null } };
  }
  const facts = withServingLimit(memoryFacts(options), options);
  // Clients choose how tensors come; a limit that counted on their choice would not hold.
  const worthwhile = (facts.recommendedLimitBytes ?? 0) * SMALLEST_SAVING;
  const remedies = facts.remedies.filter(({ kind, savedBytes }) => kind !== 'transport' && savedBytes >= worthwhile);
  return { memory: { ...facts, remedies, basis: 'plan', probe: null, speed: null } };
}

/** What a plan has to say, as findings; `model` as it was given. */
export function memoryFindings(
  planned: PlannedMemory,
  { project, model }: { readonly project: Project; readonly model: Model },
): readonly Finding[] {
  const { memory } = planned;
  const { config, modelPath } = project;
  const rows: readonly (readonly [RuleDescription, readonly Violation[]])[] =
    memory === null
      ? [[unknown, [noPlan(planned.why, { hasBudget: config.budget.memory !== undefined })]]]
      : [
          [overBudget, memoryBreaches(memory)],
          [unknown, unknownMemory(memory)],
          [slow, slowMemory(memory)],
          [planDiffers, differingPlan(memory)],
          [
            uncalibratedRule,
            uncalibrated(config.runtime, { combination: memory.calibration, agrees: memory.probe?.agrees ?? null }),
          ],
          [
            largestRunRule,
            largestRun({
              rows: batchName(model) ?? null,
              bounds: config.bounds,
              maxSize: config.serve.batching.maxSize,
            }),
          ],
        ];
  return rows.flatMap(([rule, violations]) =>
    violations.map((violation) => asFinding({ rule, violation, file: modelPath, isHinted: false })),
  );
}

/**
 * Whether a memory budget is set and nobody knows if it is kept: then the judgement is inconclusive, unless the configuration
 * accepts that by a suppression.
 */
export function isMemoryOpen({ memory }: PlannedMemory, { config }: Project, { suppressed }: SettledFindings): boolean {
  if (config.budget.memory === undefined) return false;
  if (memory !== null && memory.verdict !== 'unknown') return false;
  return !suppressed.some(({ finding }) => finding.rule === unknown.id);
}
