import { Contradiction, isContradictory } from '../contradiction.ts';
import type { Fact } from '../fact.ts';
import { eitherOf, joinFacts } from '../join-facts.ts';
import type { NodeContext } from '../node-context.ts';
import type { RuleTable } from '../rule.ts';
import { loop } from './loop.ts';
import { scan, scanWithBatch } from './scan.ts';
import { sequenceMap } from './sequence-map.ts';

export const controlFlow: RuleTable = {
  If: branch,
  Loop: loop,
  Scan: { 8: scanWithBatch, 9: scan },
  SequenceMap: sequenceMap,
};

/** The branch that the condition takes, where it is known; else what the branches that can run have in common. */
function branch(context: NodeContext): readonly Fact[] {
  const condition = context.scalar(0);
  const [taken, other] = condition === 0 ? ['else_branch', 'then_branch'] : ['then_branch', 'else_branch'];
  const isOptional = condition === null;
  const first = context.subgraph(context.graph(taken), { inputs: [], isOptional });
  const second = context.subgraph(context.graph(other), { inputs: [], isOptional, isDead: !isOptional });
  for (const [index, fact] of first.entries()) assertOneType(fact, second[index], index);
  if (condition !== null) return first;
  // A branch that cannot run at these sizes is not the one that gives these outputs.
  const [isFirstRefused, isSecondRefused] = [first, second].map((facts) => facts.some(isContradictory));
  if (isFirstRefused !== isSecondRefused) return isFirstRefused ? second : first;
  return first.map((fact, index) =>
    joinFacts(fact, second[index] ?? fact, eitherOf('the branches of an If differ', context.services.freshSize)),
  );
}

/** Whichever branch runs, an output is of one type. */
function assertOneType(a: Fact, b: Fact | undefined, index: number): void {
  if (a.kind !== 'tensor' || b?.kind !== 'tensor' || a.elementType === b.elementType) return;
  if (a.elementType === 'undefined' || b.elementType === 'undefined') return;
  throw new Contradiction(`the branches give output ${index} in two types`, {
    found: `${a.elementType} and ${b.elementType}`,
    wanted: 'one type',
  });
}
