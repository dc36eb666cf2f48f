import type { Finding } from '../nouns/finding.ts';
import { TOOL } from '../nouns/tool.ts';
import type { AssayedProject } from './assay-record.ts';

const DISAGREEMENT_RULE = 'runtime/disagreement';

/** What the file's own checks say about validity; the others are about production and budgets. */
const ABOUT_VALIDITY = /^(structure|runtime)\//;

/** Refusals that no look at the file can foresee: they depend on values, on the machine or on the run. */
const UNFORESEEABLE = /^(prepare\/|runtime\/(crashed|example-refused|not-tried|out-of-memory|timeout|locale-missing)$)/;

/**
 * The finding that the checks and the runtime judge a model differently, where they do: a defect of this program in either
 * case, and said so that somebody reports it. The runtime's word counts.
 */
export function disagreement(checks: readonly Finding[], assayed: AssayedProject, file: string): readonly Finding[] {
  const ours = checks.find(({ rule, severity }) => severity === 'error' && ABOUT_VALIDITY.test(rule));
  const theirs = assayed.findings.find(({ rule, severity }) => severity === 'error' && !UNFORESEEABLE.test(rule));
  if (ours && assayed.verdict === 'accepted')
    return [finding(`${ours.rule} calls it invalid, and the runtime loads and runs it`, file)];
  if (!ours && theirs)
    return [finding(`the checks of the file found no fault, and the runtime refuses it (${theirs.rule})`, file)];
  return [];
}

function finding(what: string, file: string): Finding {
  return {
    rule: DISAGREEMENT_RULE,
    severity: 'warning',
    message: `${what}: the two should agree, and ${TOOL.name} ${TOOL.version} is at fault`,
    mend: 'Go by what the runtime says, and report this with the model, or with the node that is named.',
    location: { file },
  };
}
