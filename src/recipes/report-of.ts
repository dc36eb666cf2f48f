import type { Digest } from '../nouns/digest.ts';
import type { Lock } from '../nouns/lock.ts';
import type { MemoryReport } from '../nouns/memory-report.ts';
import { REPORT_SCHEMA, type Report } from '../nouns/report.ts';
import { TOOL } from '../nouns/tool.ts';
import type { Project } from '../project/read-project.ts';
import type { SettledFindings } from '../validate/rules/apply-rule-settings.ts';
import { summariseModel } from '../validate/summary/summarise-model.ts';
import type { CheckedProject } from './check-project.ts';
import type { ImageBytes } from './image-budget.ts';
import { summariseLock } from './summarise-lock.ts';

export interface ReportFacts {
  readonly project: Project;
  readonly checked: CheckedProject;
  readonly settled: SettledFindings;
  readonly verdict: Report['verdict'];
  /** Whether the runtime itself was asked. */
  readonly asked: boolean;
  readonly memory: MemoryReport | null;
  /** Of the model with its data, where they were read through. */
  readonly digest?: Digest | null;
  readonly preparedBytes?: number | null;
  readonly imageBytes?: ImageBytes | null;
  readonly lock?: Lock | undefined;
}

/** The report of a judgement. */
export function reportOf(facts: ReportFacts): Report {
  const { project, checked, settled, verdict, asked, memory } = facts;
  const { digest = null, preparedBytes = null, imageBytes = null } = facts;
  const { model, operators } = summariseModel(checked.model);
  const { runtime, platforms, budget } = project.config;
  return {
    schema: REPORT_SCHEMA,
    tool: { name: TOOL.name, version: TOOL.version },
    verdict,
    model: { ...model, digest },
    runtime: { ...runtime, platforms, asked },
    findings: settled.findings,
    suppressed: settled.suppressed,
    operators,
    memory,
    sizes: {
      modelBytes: checked.bytes,
      preparedBytes,
      imageBytes,
      budgets: { modelBytes: budget.model ?? null, imageBytes: budget.image ?? null },
    },
    lock: facts.lock ? summariseLock(facts.lock) : null,
  };
}
