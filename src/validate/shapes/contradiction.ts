export interface ContradictionFacts {
  readonly found?: string;
  readonly wanted?: string;
  /** Which input of the node is at fault. */
  readonly input?: number;
}

/** Thrown by a rule: the model says two things that cannot both hold. The walk turns it into a conflict. No `Error`, as `NoAnswer`. */
export class Contradiction {
  readonly message: string;
  readonly facts: ContradictionFacts;

  constructor(message: string, facts: ContradictionFacts = {}) {
    this.message = message;
    this.facts = facts;
  }
}
