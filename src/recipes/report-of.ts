import { REPORT_SCHEMA, type Report } from '../nouns/report.ts';
import { TOOL } from '../nouns/tool.ts';
import type { Project } from '../project/read-project.ts';
import type { SettledFindings } from '../validate/rules/apply-rule-settings.ts';
import { summariseModel } from '../validate/summary/summarise-model.ts';
import type { CheckedProject } from './check-project.ts';

export interface ReportFacts {
  readonly project: Project;
  readonly checked: CheckedProject;
  readonly settled: SettledFindings;
  readonly verdict: Report['verdict'];
  /** Whether the runtime itself was asked. */
  readonly asked: boolean;
}

/** The report of a judgement, less what only packaging finds out. */
export function reportOf({ project, checked, settled, verdict, asked }: ReportFacts): Report {
  const { model, operators } = summariseModel(checked.model);
  const { runtime, platforms } = project.config;
  return {
    schema: REPORT_SCHEMA,
    tool: { name: TOOL.name, version: TOOL.version },
    verdict,
    model,
    runtime: { ...runtime, platforms, asked },
    findings: settled.findings,
    suppressed: settled.suppressed,
    operators,
    memory: null,
    sizes: { modelBytes: checked.bytes, preparedBytes: null, imageBytes: null },
  };
}
