import type { Location, Severity } from '../../nouns/finding.ts';
import type { RuleContext } from './rule-context.ts';

/** What is said of a rule: by its findings, and on its page in docs/rules. */
export interface RuleDescription {
  /** `area/what`, in kebab case; stable, since configurations name it. */
  readonly id: string;
  /** Of its findings, unless one says otherwise. */
  readonly severity: Severity;
  /** What a model that keeps to it is like, as one clause. */
  readonly title: string;
  /** Why it matters, for somebody who meets it for the first time. */
  readonly explanation: string;
  /** What to do about a finding. */
  readonly mend: string;
  /** Where the rule comes from: a paragraph of the specification, or what the runtime was seen to do. */
  readonly source: string;
  /** Whether `plimsoll fix` mends it. */
  readonly fixable?: true;
}

/** One thing that a model must keep to, or had better. */
export interface Rule extends RuleDescription {
  readonly check: (context: RuleContext) => Iterable<Violation>;
}

export interface Violation {
  /** What was found against what was wanted. */
  readonly message: string;
  /** A name that may have been meant: costly to find, so asked only for findings that are shown. */
  readonly nearest?: () => string | undefined;
  readonly location?: Location;
  /** Where this one is graver or milder than the rule's others. */
  readonly severity?: Severity;
  /** Where more can be said than the rule's own mend. */
  readonly mend?: string;
  /** Of a rule that `plimsoll fix` mends: that it does not mend this one. */
  readonly fixable?: false;
}
