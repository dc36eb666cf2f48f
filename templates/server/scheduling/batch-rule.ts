import type { Plan } from '../../../schemas/plan.ts';
import type { Job } from '../job.ts';
import type { Signature } from '../signature.ts';
import type { OutputSelection } from '../tensor.ts';

/** Which jobs can share a run. */
export interface BatchRule {
  /** Largest run; 1 where jobs run by themselves. */
  readonly maxSize: number;
  /** How long the first row may wait for others. */
  readonly maxDelayMs: number;
  /** Equal for jobs that can share a run; `null` for a job that runs by itself. */
  groupOf(job: Job): string | null;
}

/**
 * The rule of a model that was proven to answer a batch as it answers single rows: jobs go together whose inputs differ in
 * nothing but the number of rows and that ask for the same outputs. No input is padded to the size of another.
 */
export function makeBatchRule(plan: Plan, signature: Signature): BatchRule {
  const { batching } = plan;
  if (batching.state === 'off') return { maxSize: 1, maxDelayMs: 0, groupOf: () => null };
  const open = signature.inputs.filter(
    ({ axes }) => axes === null || axes.some((axis, place) => place > 0 && typeof axis !== 'number'),
  );
  const selections = new WeakMap<OutputSelection, string>();
  const selectionOf = (outputs: OutputSelection): string => {
    const known = selections.get(outputs);
    if (known !== undefined) return known;
    const made = Object.keys(outputs).sort().join('\n');
    selections.set(outputs, made);
    return made;
  };
  return {
    maxSize: batching.maxSize,
    maxDelayMs: batching.maxDelayMs,
    groupOf(job) {
      if (job.rows === null || job.rows === 0) return null;
      let group = selectionOf(job.outputs);
      for (const { name } of open) group += `\n${job.inputs[name]?.dims.slice(1).join(',')}`;
      return group;
    },
  };
}
