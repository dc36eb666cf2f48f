import type { ImageVerdict, VerdictFailure } from '../../nouns/verdict.ts';
import { renderSuites, type Test } from '../junit-document.ts';
import { ownerText, smallestText } from './verdict-words.ts';

/** A test for each check: failed where somebody owns it, an error where nobody can. */
export function renderVerdictJunit(verdict: ImageVerdict): string {
  return renderSuites(verdict.tool.name, [
    { name: `verify ${verdict.model.name}`, tests: verdict.checks.map((check) => testOf(check, verdict)) },
  ]);
}

const OUTCOMES: Readonly<Record<ImageVerdict['checks'][number]['outcome'], Test['outcome']>> = {
  pass: 'passed',
  fail: 'failure',
  inconclusive: 'error',
  skipped: 'skipped',
};

function testOf({ name, outcome, count, note }: ImageVerdict['checks'][number], { failures }: ImageVerdict): Test {
  const own = failures.filter(({ check }) => check === name);
  const text = own.length === 0 ? `${count}: ${note}` : own.map(failureText).join('\n\n');
  return { name, outcome: OUTCOMES[outcome], message: own[0] ? `${own[0].owner}: ${own[0].message}` : note, text };
}

/** Everything that is said of a failure, in lines. */
export function failureText(failure: VerdictFailure): string {
  const { what, cause, message, evidence, mend, missing } = failure;
  const shown = smallestText(failure);
  return [
    `${ownerText(failure)}: ${what}${cause === null ? '' : ` (${cause})`}`,
    message,
    ...evidence.map((line) => `- ${line}`),
    ...(missing === null ? [] : [`missing: ${missing}`]),
    mend,
    ...(shown === null ? [] : [`shown by ${shown}`]),
  ].join('\n');
}
