import type { Node } from '../../onnx/model.ts';
import type { Fact } from './fact.ts';

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

const AT = 'a contradiction at ';

/** Why nothing is known of what a node gives whose inputs contradict it. */
export function contradictionAt({ opType }: Pick<Node, 'opType'>): string {
  return `${AT}${opType}`;
}

export function isOfContradiction(reason: string | null): boolean {
  return reason?.startsWith(AT) ?? false;
}

/** Whether this value is what comes of a node that cannot run at these sizes. */
export function isContradictory(fact: Fact): boolean {
  return 'reason' in fact && isOfContradiction(fact.reason);
}
