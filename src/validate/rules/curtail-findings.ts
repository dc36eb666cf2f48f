import type { Finding } from '../../nouns/finding.ts';

/** More of one kind would bury the other rules, and the next run shows what is left. */
const SHOWN_PER_RULE = 20;

/** Leaves the first findings of each rule and severity, and says in the last of them how many more there were. */
export function curtailFindings(findings: readonly Finding[]): readonly Finding[] {
  const groups = new Map<string, number>();
  for (const finding of findings) groups.set(kindOf(finding), (groups.get(kindOf(finding)) ?? 0) + 1);
  const seen = new Map<string, number>();
  return findings.flatMap((finding) => {
    const place = (seen.get(kindOf(finding)) ?? 0) + 1;
    seen.set(kindOf(finding), place);
    const all = groups.get(kindOf(finding)) ?? 0;
    if (place > SHOWN_PER_RULE) return [];
    if (place < SHOWN_PER_RULE || all === place) return [finding];
    return [{ ...finding, message: `${finding.message} (and ${all - place} more of this rule)` }];
  });
}

function kindOf({ rule, severity }: Finding): string {
  return `${severity} ${rule}`;
}
