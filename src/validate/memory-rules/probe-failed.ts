import { formatByteSize } from '../../nouns/byte-size.ts';
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

/** How a probe ended, and under which limit. */
export interface ProbeFailure {
  /** `refused`: by the model, which takes other values; `overloaded`: by the server, which keeps to its limit. */
  readonly how: 'killed' | 'stalled' | 'ended' | 'refused' | 'overloaded';
  readonly why: string;
  readonly limitBytes: number | null;
}

/** A model that refuses made-up values is no fault of the image: then there is only nothing measured. */
export function failedProbe({ how, why, limitBytes }: ProbeFailure): Violation {
  const under = limitBytes === null ? 'without a limit' : `under ${formatByteSize(limitBytes)}`;
  const message = `the packaged server was probed ${under}, and nothing was measured: ${why}`;
  return how === 'refused' ? { message, severity: 'warning', mend: REFUSED } : { message };
}

const REFUSED =
  'Give a case with inputs that the model takes (the key `cases`), whose shapes are as large as the bounds; the plan stands without a probe.';
