import { formatByteSize } from '../nouns/byte-size.ts';
import type { FixResult } from '../nouns/fix-result.ts';
import { type Cell, type PageOptions, renderPage, type Section, type Style } from './text-page.ts';

/** What was mended, what was not and why, and what the proof was. */
export function renderFix(result: FixResult, options: PageOptions & { readonly next: string | null }): string {
  const sections: readonly Section[] = [
    {
      title: TITLES[result.verdict],
      rows: [
        ...result.applied.flatMap(({ rule, changes }) =>
          changes.map((change) => row('mended', 'green', [rule, change])),
        ),
        ...result.dropped.map(({ rule, why }) => row('dropped', 'red', [rule, why])),
        ...result.left.map(({ rule, why }) => row('left', 'yellow', [rule, why])),
      ],
      flexible: 2,
      isWrapped: true,
    },
    { title: 'Result', rows: facts(result, options.next), flexible: 1, isWrapped: true },
  ];
  return renderPage(
    sections.filter(({ rows }, index) => index === 0 || rows.length > 0),
    options,
  );
}

const TITLES: Readonly<Record<FixResult['verdict'], string>> = {
  mended: 'Mended, and proven to give the same',
  nothing: 'Nothing to mend; nothing was written',
  refused: 'No mend could be proven; nothing was written',
  inconclusive: 'No proof was possible; nothing was written',
};

function row(word: string, style: Style, [rule, text]: readonly [string, string]): readonly Cell[] {
  return [{ text: word, style }, rule, text];
}

function facts(
  { files, bytesBefore, bytesAfter, proof }: FixResult,
  next: string | null,
): readonly (readonly Cell[])[] {
  const rows: (readonly Cell[])[] = files.map((file) => ['written', file]);
  if (bytesAfter !== null) rows.push(['size', sizeText(bytesBefore, bytesAfter)]);
  if (proof?.why) rows.push(['proof', proof.why]);
  else if (proof) rows.push(['proof', proofText(proof)]);
  if (next !== null) rows.push(['next', next]);
  return rows;
}

function sizeText(before: number, after: number): string {
  const saved = before - after;
  const change =
    saved === 0 ? 'as before' : saved > 0 ? `${formatByteSize(saved)} less` : `${formatByteSize(-saved)} more`;
  return `${formatByteSize(before)} → ${formatByteSize(after)}, ${change}`;
}

function proofText({ runs, largestDifference }: NonNullable<FixResult['proof']>): string {
  const times = `${runs} ${runs === 1 ? 'run' : 'runs'} of both models on the same inputs`;
  return largestDifference === 0
    ? `${times}: every element is identical`
    : `${times}: largest difference ${largestDifference}`;
}
