import { yamlKey } from '../../nouns/axis-bound.ts';
import type { MemoryUnknown } from '../../nouns/memory-facts.ts';
import { type MemoryReport, openCauses } from '../../nouns/memory-report.ts';
import type { RuleDescription, Violation } from '../rules/rule.ts';

export const rule: RuleDescription = {
  id: 'memory/unknown',
  severity: 'warning',
  title: 'How much memory the model takes can be planned',
  explanation:
    'Where a dimension has no bound, or an operator’s memory depends on what is in the data, a plan would be a guess, and none is made. With a memory budget the judgement is then inconclusive (exit 7): it neither passes nor fails. A probe measures instead of planning, and a suppression accepts that nothing is known.',
  mend: 'Declare what is named, let a probe measure it (`plimsoll lint --probe`), or suppress this finding with the reason why that is acceptable. A bound for a value inside the graph is taken at its word; a probe holds it against the cases.',
  source: 'What the planner has rules for; docs/memory.md.',
};

/** A line that anyone would paste; what is open beyond it shows when these are declared. */
const MOST_BOUNDS = 12;

/** Things that are not known that one finding names. */
const NAMED = 3;

/** That a plan is unknown, and what to declare; nothing where it is known. Milder where a probe has measured or nothing hangs on it. */
export function unknownMemory(memory: MemoryReport): readonly Violation[] {
  const open = openCauses(memory);
  if (open.length === 0) return [];
  const named = open.slice(0, NAMED).map(({ name, why }) => `"${name}": ${why}`);
  const more = open.length > NAMED ? ` and ${open.length - NAMED} more` : '';
  const measured = memory.probe === null ? '' : '; what a probe measured counts instead';
  return [
    {
      message: `no plan of the memory can be made: ${named.join('; ')}${more}${measured}`,
      mend: mendFor(open, memory),
      severity: memory.limitBytes === null || memory.probe !== null ? 'note' : 'warning',
    },
  ];
}

/** That there is no plan at all, as where nothing was prepared. */
export function noPlan(why: string, { hasBudget }: { readonly hasBudget: boolean }): Violation {
  return {
    message: `no plan of the memory was made: ${why}`,
    mend: 'Let `plimsoll lint` prepare it once, without --static; where no plan can be made, suppress this finding with the reason why that is acceptable.',
    severity: hasBudget ? 'warning' : 'note',
  };
}

function mendFor(open: readonly MemoryUnknown[], memory: MemoryReport): string {
  const others = open.filter(({ bounds }) => bounds.length === 0).slice(0, NAMED);
  const declare = [...boundsLine(open, memory), ...new Set(others.map((each) => each.declare))].join('; ');
  const first = `Declare ${declare}.`;
  return memory.probe === null ? `${first} ${rule.mend}` : `${first} Other values than the probe’s may take more.`;
}

/** What to write into plimsoll.yaml, whole: the bounds that are there already, and those that are wanted. */
function boundsLine(open: readonly MemoryUnknown[], { bounds }: MemoryReport): readonly string[] {
  const wanted = open.flatMap((each) => each.bounds).slice(0, MOST_BOUNDS);
  if (wanted.length === 0) return [];
  const entries = [...Object.entries(bounds), ...wanted.map((key) => [key, 'N'] as const)];
  return [
    `\`bounds: { ${entries.map(([key, most]) => `${yamlKey(key)}: ${most}`).join(', ')} }\`, with the largest sizes`,
  ];
}
