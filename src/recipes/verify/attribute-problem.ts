import type { VerdictFailure } from '../../nouns/verdict.ts';
import { responsibleFor } from '../../verify/responsible.ts';
import { type Tensors, takeRows } from '../../verify/rows.ts';
import { smallestFailing } from '../../verify/smallest-failing.ts';
import { type Attributing, explainProblem } from './explain-problem.ts';
import type { Problem } from './problem.ts';

/** A failure with the request that shows it; where it is written down comes later. */
export interface Attributed {
  readonly failure: Omit<VerdictFailure, 'smallest'>;
  readonly shown: {
    readonly request: Tensors;
    /** Which rows of the problem's request it has; `null` where they have no part in it. */
    readonly rows: readonly number[] | null;
    readonly requests: number;
    readonly way: Problem['way'];
  };
}

/** What a shrinking may ask of the image for each failure. */
const MOST_ASKED = 64;

/** Finds the smallest request that shows a problem, reproduces it outside the image, and says whose it is. */
export async function attributeProblem(problem: Problem, context: Attributing): Promise<Attributed> {
  // A server that is gone answers no part of it either.
  const isGone = context.exit() !== undefined;
  const shown = await shrink(isGone ? { ...problem, fails: null, showsAt: undefined } : problem);
  const { what = problem.what, told, evidence } = await explainProblem({ problem, shown, context });
  const { check, caseName, output, message } = problem;
  const failure = {
    check,
    what,
    ...told,
    responsible: responsibleFor(told, context.owners),
    case: caseName,
    output,
    message,
    evidence,
  };
  return { failure, shown };
}

async function shrink(problem: Problem): Promise<Attributed['shown']> {
  const { request, way, fails } = problem;
  const requests = await fewestRequests(problem);
  const all = request[0]?.shape[0] ?? 0;
  if (fails === null || all < 2)
    return { request, rows: fails === null ? null : [...Array(all).keys()], requests, way };
  // The row that is wrong, alone, is the likeliest; then halves of what is there.
  const [first] = problem.rows;
  const rows =
    first !== undefined && (await fails([first]))
      ? [first]
      : await smallestFailing([...Array(all).keys()], fails, { most: MOST_ASKED });
  return { request: takeRows(request, rows), rows, requests, way };
}

async function fewestRequests({ requests, showsAt }: Problem): Promise<number> {
  if (showsAt === undefined) return requests;
  for (let fewer = 1; fewer < requests; fewer *= 2) if (await showsAt(fewer)) return fewer;
  return requests;
}
