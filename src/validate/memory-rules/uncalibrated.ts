import type { RuleDescription, Violation } from '../rules/rule.ts';

export const rule: RuleDescription = {
  id: 'memory/uncalibrated',
  severity: 'warning',
  title: 'Memory is planned for the runtime that ships',
  explanation:
    'What Node and onnxruntime take by themselves was measured for one version of each, and the planner follows that onnxruntime in how it allocates. With another the numbers of the plan are those of a server that does not ship.',
  mend: 'Leave `runtime` out of plimsoll.yaml, or hold the plan against a run: `plimsoll lint --probe` measures the versions that are named.',
  source: 'src/validate/memory/calibration.json, as bench/calibrate.ts wrote it.',
};

type Versions = Readonly<Record<'node' | 'onnxruntime', string>>;

/** That a plan has figures of other versions than those that ship; milder where a probe has run them and it agrees. */
export function uncalibrated(
  ships: Versions,
  { combination, agrees }: { readonly combination: Versions; readonly agrees: boolean | null },
): readonly Violation[] {
  const others = (['onnxruntime', 'node'] as const).filter((name) => ships[name] !== combination[name]);
  if (others.length === 0) return [];
  const told = others.map(
    (name) => `${name} ${ships[name]} ships, and the plan has the figures of ${combination[name]}`,
  );
  return [{ message: told.join('; '), severity: agrees === true ? 'note' : 'warning' }];
}
