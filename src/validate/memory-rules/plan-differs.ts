import { formatByteSize } from '../../nouns/byte-size.ts';
import type { MemoryReport } from '../../nouns/memory-report.ts';
import { TOOL } from '../../nouns/tool.ts';
import type { RuleDescription, Violation } from '../rules/rule.ts';

export const rule: RuleDescription = {
  id: 'memory/plan-differs',
  severity: 'warning',
  title: 'What is measured is what was planned',
  explanation:
    'A probe runs the packaged server at its bounds and reads the kernel’s own peak. Where that differs from the plan by more than the larger of 6 MB and 5 %, the plan is wrong, and the larger number counts.',
  mend: 'Go by the larger number, and report this with the model: the plan is at fault.',
  source: 'The kernel’s account of the probe’s cgroup.',
};

export function differingPlan({ probe }: MemoryReport): readonly Violation[] {
  if (probe?.agrees !== false || probe.plannedBytes === null) return [];
  const { unreclaimableBytes: measured, plannedBytes: planned } = probe;
  const share = Math.abs(100 * (planned / measured - 1)).toFixed(0);
  const direction = planned < measured ? 'too little' : 'too much';
  return [
    {
      message: `the plan of ${TOOL.name} ${TOOL.version} is wrong: it says ${formatByteSize(planned)}, ${share} % ${direction}; measured were ${formatByteSize(measured)}. The larger number counts`,
    },
  ];
}
