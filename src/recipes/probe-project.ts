import type { Finding } from '../nouns/finding.ts';
import type { FitProject } from './fit-project.ts';
import type { PlannedMemory } from './plan-project.ts';
import type { Workbench } from './workbench.ts';

/** Whether the plan is held against a run: never, where this machine can, or else it is a failure. */
export type ProbeWish = 'never' | 'if-possible' | 'must';

export type ProbedProject = Omit<FitProject, 'verdict' | 'findings' | 'suppressed'>;

export async function probeProject(
  { planned }: ProbedProject,
  _: { readonly wish: ProbeWish; readonly bench: Workbench },
): Promise<{ readonly planned: PlannedMemory; readonly findings: readonly Finding[] }> {
  return { planned, findings: [] };
}
