import type { Case } from '../../../../schemas/case.ts';
import type { Plan } from '../../../../schemas/plan.ts';
import { type Answer, answerText } from '../../../verify/answer.ts';
import { compareToItself, type Deviation, type ToleranceOf } from '../../../verify/compare-answers.ts';
import { rowsOf, type Tensors, takeRows } from '../../../verify/rows.ts';
import type { Client } from '../client.ts';
import type { CheckResult, Problem } from '../problem.ts';
import type { Way } from '../wire/way.ts';

/** What every check has at hand. */
export interface Questioning {
  readonly client: Client;
  readonly plan: Plan;
  readonly cases: readonly Case[];
  readonly toleranceOf: (one: Case) => ToleranceOf;
  /** What the image answered to each case by itself, by the case's name; the first check fills it. */
  readonly own: Map<string, Tensors>;
  /** How long an answer may take. */
  readonly timeoutMs: number;
  /** Whether the server is no more: then there is nothing to be asked. */
  readonly isGone: () => boolean;
  readonly signal: AbortSignal | undefined;
}

/** More cases than this are sent one by one, and not once more in every other way. */
export const MOST_REPEATED = 256;

/** Cases that the image has answered, with its own answer. */
export function answeredCases({
  cases,
  own,
}: Questioning): readonly { readonly one: Case; readonly answer: Tensors }[] {
  return cases.flatMap((one) => {
    const answer = own.get(one.name);
    return answer === undefined ? [] : [{ one, answer }];
  });
}

export function skipped(name: string, why: string): CheckResult {
  return { name, count: 0, note: why, problems: [], skipped: why };
}

interface Sighting {
  readonly check: string;
  readonly caseName: string;
  readonly request: Tensors;
  readonly way: Way;
}

export function noAnswer(
  sighting: Sighting,
  answer: Answer,
  { wanted = null, requests = 1 }: { wanted?: Tensors | null; requests?: number } = {},
): Problem {
  return {
    ...sighting,
    what: 'no-answer',
    output: null,
    message: `${sighting.caseName}: ${answerText(answer)}`,
    answer,
    wanted,
    requests,
    fails: null,
    rows: [],
    isRight: null,
    outside: null,
    share: null,
  };
}

/** The first thing in which an answer differs from what the image itself has answered before. */
export function differing(
  sighting: Sighting,
  {
    wanted,
    answer,
    ask,
    deviates = compareToItself,
    outside = 'twice',
    requests = 1,
  }: {
    readonly wanted: Tensors;
    readonly answer: Answer;
    /** How a part of the request is asked again; left out where rows have no part in it. */
    readonly ask?: (request: Tensors) => Promise<Answer>;
    /** How it is held against what is wanted; to within sums in another order where left out. */
    readonly deviates?: (wanted: Tensors, found: Tensors) => readonly Deviation[];
    /** The row is that of the deviation where it is left out. */
    readonly outside?: 'twice' | { readonly batch: Tensors; readonly row?: number };
    readonly requests?: number;
  },
): readonly Problem[] {
  if (answer.state !== 'answered') return [noAnswer(sighting, answer, { wanted, requests })];
  const [deviation] = deviates(wanted, answer.outputs);
  if (deviation === undefined) return [];
  return [
    {
      ...sighting,
      what: 'differs-from-itself',
      output: deviation.output,
      message: `${sighting.caseName}: ${deviation.message}`,
      answer,
      wanted,
      requests,
      rows: deviation.rows,
      fails: ask === undefined ? null : failsAgain(sighting.request, { wanted, ask, deviates }),
      isRight: null,
      outside: outside === 'twice' ? outside : { batch: outside.batch, row: outside.row ?? deviation.rows[0] ?? 0 },
      share: null,
    },
  ];
}

/** Asks for some rows alone and holds the answer against theirs; `null` where rows cannot be told apart. */
export function failsAgain(
  request: Tensors,
  {
    wanted,
    ask,
    deviates,
  }: {
    readonly wanted: Tensors;
    readonly ask: (request: Tensors) => Promise<Answer>;
    readonly deviates: (wanted: Tensors, found: Tensors) => readonly Deviation[];
  },
): Problem['fails'] {
  const rows = rowsOf(request);
  if (rows === null || rows !== rowsOf(wanted)) return null;
  return async (subset) => {
    const answer = await ask(takeRows(request, subset));
    return answer.state !== 'answered' || deviates(takeRows(wanted, subset), answer.outputs).length > 0;
  };
}
