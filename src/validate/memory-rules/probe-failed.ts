import type { RuleDescription, Violation } from '../rules/rule.ts';

export const rule: RuleDescription = {
  id: 'memory/probe-failed',
  severity: 'error',
  title: 'The packaged server starts and answers under the recommended limit',
  explanation:
    'A probe runs the very server that is packaged, under the limit that the plan recommends. Where it is killed, stalls or answers with an error, the image would do the same.',
  mend: 'Look at what the server wrote; where it was killed or stalled, the plan is wrong: raise `budget.memory` and report this.',
  source:
    'The probe itself: `plimsoll lint --probe`, and `plimsoll package` where there is an engine or a writable cgroup.',
};

export function failedProbe(why: string): Violation {
  return { message: why };
}
