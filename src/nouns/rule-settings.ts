import * as z from 'zod';
import type { Severity } from './finding.ts';

const SEVERITIES = ['error', 'warning', 'note'] as const satisfies readonly Severity[];

const RuleId = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*\/[a-z0-9]+(-[a-z0-9]+)*$/, 'wanted a rule such as production/float64');

const Reason = z.string().trim().min(1, 'wanted the reason, for whoever reads this in a year');

/** `rules` in `plimsoll.yaml`: how grave the findings of a rule are. */
export const SeverityOverrides = z.record(RuleId, z.strictObject({ severity: z.enum(SEVERITIES) }));

/** `suppress` in `plimsoll.yaml`: findings that are known and accepted. */
export const Suppressions = z.array(
  z.strictObject({
    rule: RuleId,
    reason: Reason,
    node: z.string().min(1).optional().describe('Only at the node of this name.'),
    tensor: z.string().min(1).optional().describe('Only at the tensor of this name.'),
  }),
);

/** Both keys, to be spread into the shape of the configuration. */
export const RULE_SETTINGS = {
  rules: SeverityOverrides.prefault({}).describe('Severities by rule, where they differ from the usual ones.'),
  suppress: Suppressions.prefault([]).describe('Findings that are known and accepted, each with the reason.'),
} as const;

export interface RuleSettings {
  readonly rules: z.infer<typeof SeverityOverrides>;
  readonly suppress: z.infer<typeof Suppressions>;
}
