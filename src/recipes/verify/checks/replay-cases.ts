import type { Case } from '../../../../schemas/case.ts';
import { compareAnswers } from '../../../verify/compare-answers.ts';
import { type Tensors, takeRows } from '../../../verify/rows.ts';
import type { CheckResult, Problem } from '../problem.ts';
import { failsAgain, noAnswer, type Questioning, skipped } from './questioning.ts';

const CHECK = 'cases';
const NONE = 'there are none: name a folder with the key "cases", or --cases';

/** Sends every case by itself, one after another, and holds the answer against the one that it has. */
export async function replayCases(questioning: Questioning): Promise<CheckResult> {
  const { cases, own, client, signal, isGone } = questioning;
  if (cases.length === 0) return skipped(CHECK, NONE);
  const problems: Problem[] = [];
  let compared = 0;
  for (const one of cases) {
    if (isGone()) break;
    signal?.throwIfAborted();
    const answer = await client.ask(one.inputs, 'json');
    const sighting = { check: CHECK, caseName: one.name, request: one.inputs, way: 'json' as const };
    if (answer.state !== 'answered') problems.push(noAnswer(sighting, answer, { wanted: one.outputs }));
    else {
      own.set(one.name, answer.outputs);
      if (one.outputs.length > 0) compared += 1;
      problems.push(...wrongOutputs(one, answer, questioning));
    }
  }
  const note = `${compared} of ${cases.length} compared with the answers that they have`;
  return { name: CHECK, count: cases.length, note, problems: withoutAllowed(problems, cases) };
}

function wrongOutputs(one: Case, answer: Answered, { client, toleranceOf }: Questioning): readonly Problem[] {
  const deviates = (wanted: Tensors, found: Tensors) => compareAnswers(wanted, found, toleranceOf(one));
  return deviates(one.outputs, answer.outputs).map((deviation) => {
    const wanted = one.outputs.filter(({ name }) => name === deviation.output);
    return {
      check: CHECK,
      what: 'wrong-answer',
      caseName: one.name,
      output: deviation.output,
      message: `${one.name}: ${deviation.message}`,
      request: one.inputs,
      way: 'json',
      answer,
      wanted,
      requests: 1,
      rows: deviation.rows,
      fails: failsAgain(one.inputs, { wanted, ask: (request) => client.ask(request, 'json'), deviates }),
      askAgain: () => client.ask(one.inputs, 'json'),
      isRight: (outputs, rows) => deviates(rows === null ? wanted : takeRows(wanted, rows), outputs).length === 0,
      outside: null,
      share: { compared: deviation.compared, allowed: deviation.allowedShare },
    };
  });
}

type Answered = Extract<Problem['answer'], { readonly state: 'answered' }>;

/** Where a tolerance lets a share of the rows differ, it is the share of all rows of all cases. */
function withoutAllowed(problems: readonly Problem[], cases: readonly Case[]): readonly Problem[] {
  const wrong = problems.filter(({ what }) => what === 'wrong-answer');
  const isAllowed = (output: string | null) => {
    const missed = wrong.filter((problem) => problem.output === output);
    const share = Math.min(...missed.map((problem) => problem.share?.allowed ?? 0));
    const tensors = cases.flatMap(({ outputs }) => outputs.filter(({ name }) => name === output));
    const all = tensors.reduce((sum, { shape }) => sum + (shape[0] ?? 1), 0);
    const beyond = missed.reduce((sum, { rows }) => sum + rows.length, 0);
    return missed.every(({ rows }) => rows.length > 0) && beyond <= share * all;
  };
  const allowed = new Set([...new Set(wrong.map(({ output }) => output))].filter(isAllowed));
  return problems.filter(({ what, output }) => what !== 'wrong-answer' || !allowed.has(output));
}
