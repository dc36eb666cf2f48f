export interface ContradictionFacts {
  readonly found?: string;
  readonly wanted?: string;
  /** Which input of the node is at fault. */
  readonly input?: number;
}

/** Thrown by a rule: the model says two things that cannot both hold. The walk turns it into a conflict. */
export class Contradiction extends Error {
  readonly facts: ContradictionFacts;

  constructor(message: string, facts: ContradictionFacts = {}) {
    super(message);
    this.facts = facts;
  }
}
