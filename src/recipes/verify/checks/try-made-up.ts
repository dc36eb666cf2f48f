import type { CaseTensor } from '../../../../schemas/case.ts';
import { datatypeOf } from '../../../validate/cases/tensor-of-case.ts';
import type { Attempt } from '../../../validate/runtime/synthesise-feeds.ts';
import type { Answer } from '../../../verify/answer.ts';
import { shapeFaults, symbolSizes } from '../../../verify/check-shapes.ts';
import { ODDITIES, oddRequest } from '../../../verify/odd-inputs.ts';
import { rowsOf, type Tensors, takeRows } from '../../../verify/rows.ts';
import { INTEGERS } from '../../probe/probe-bodies.ts';
import type { CheckResult, Problem } from '../problem.ts';
import { type Encoding, encodeRequest } from '../wire/rest.ts';
import { madeUpRequest, mostRows } from './made-up-request.ts';
import { differing, noAnswer, type Questioning, skipped } from './questioning.ts';

const CHECK = 'made-up';
const SEED = 7;
/** More elements are sent as bytes: as JSON they would take longer to write than to run. */
const MOST_JSON_ELEMENTS = 2 ** 18;

/**
 * Sends what nobody has recorded an answer to: one row, an odd number of rows and the most; zeros, extremes, NaN, infinities, empty texts and
 * unknown ones. The model may refuse it. It must not fall over, must answer twice the same, a row in a batch as by itself, and in the shapes of its
 * signature.
 */
export async function tryMadeUp(questioning: Questioning): Promise<CheckResult> {
  const start = await findStart(questioning);
  if ('problem' in start) return { name: CHECK, count: 1, note: '', problems: [start.problem] };
  if ('skipped' in start) return skipped(CHECK, start.skipped);
  const problems: Problem[] = [];
  let [count, refused] = [0, 0];
  for (const made of requestsFrom(start, questioning)) {
    if (questioning.isGone()) break;
    questioning.signal?.throwIfAborted();
    const seen = await tryOne(made, questioning);
    if (seen === undefined) continue;
    count += 1;
    if (seen.isRefused) refused += 1;
    problems.push(...seen.problems);
  }
  if (!questioning.isGone()) problems.push(...(await stillAnswers(start, questioning)));
  return {
    name: CHECK,
    count,
    note: refused === 0 ? 'all answered' : `${refused} refused by the model or the server, which they may`,
    problems,
  };
}

interface Start {
  readonly request: Tensors;
  readonly outputs: Tensors;
  /** How integers were made up; `null` for what was not. */
  readonly integers: Attempt['integers'] | null;
}

/** Something that the model takes: made up, else of a case or of the image’s own example. */
async function findStart({
  client,
  plan,
  cases,
}: Questioning): Promise<Start | { readonly problem: Problem } | { readonly skipped: string }> {
  const example = plan.example?.inputs as CaseTensor[] | undefined;
  const candidates = [
    ...INTEGERS.map((integers) => ({ integers, request: madeUpRequest(plan, { rows: 1, integers, seed: SEED }) })),
    { integers: null, request: cases[0]?.inputs ?? null },
    { integers: null, request: example ?? null },
  ];
  for (const { integers, request } of candidates) {
    if (request === null) continue;
    const way = encodingFor(request);
    const answer = await client.ask(request, way);
    if (answer.state === 'answered') return { request, outputs: answer.outputs, integers };
    if (answer.state !== 'refused')
      return { problem: noAnswer({ check: CHECK, caseName: 'one row', request, way }, answer) };
  }
  return { skipped: 'the model refuses what is made up, and there is no case' };
}

interface MadeUp {
  readonly name: string;
  readonly request: Tensors;
  /** Sums of such numbers come out otherwise in another order: then rows are not held against themselves in a batch. */
  readonly isOrderFree: boolean;
}

function requestsFrom({ request: start, integers }: Start, { plan }: Questioning): readonly MadeUp[] {
  const most = mostRows(plan);
  const counted = (rows: number) => `${rows} row${rows === 1 ? '' : 's'}`;
  const sized = [...new Set([1, Math.min(7, most), most])].flatMap((rows): MadeUp[] => {
    const request =
      integers === null ? rowsRepeated(start, rows) : madeUpRequest(plan, { rows, integers, seed: SEED + rows });
    return request ? [{ name: counted(rows), request, isOrderFree: true }] : [];
  });
  const odd = ODDITIES.flatMap((oddity): MadeUp[] =>
    [...new Set([1, Math.min(7, most)])].flatMap((rows) => {
      const base = rowsRepeated(start, rows);
      const request = base && oddRequest(base, oddity);
      return request ? [{ name: `${oddity.name}, ${counted(rows)}`, request, isOrderFree: oddity.isOrderFree }] : [];
    }),
  );
  return [...sized, ...odd];
}

/** The first row so many times; the request itself where it has no rows. */
function rowsRepeated(request: Tensors, rows: number): Tensors | undefined {
  if (rowsOf(request) === null) return rows === 1 ? request : undefined;
  return takeRows(request, Array<number>(rows).fill(0));
}

interface Seen {
  readonly problems: readonly Problem[];
  readonly isRefused: boolean;
}

/** `undefined` where it is longer than any request that the server takes. */
async function tryOne({ name, request, isOrderFree }: MadeUp, questioning: Questioning): Promise<Seen | undefined> {
  const { client, plan } = questioning;
  const way = fittingEncoding(request, plan.limits.bodyBytes);
  if (way === undefined) return undefined;
  const ask = (part: Tensors) => client.ask(part, way);
  const sighting = { check: CHECK, caseName: name, request, way };
  const answer = await ask(request);
  if (answer.state === 'refused') return { problems: [], isRefused: true };
  if (answer.state !== 'answered') return { problems: [noAnswer(sighting, answer)], isRefused: false };
  const again = differing(sighting, { wanted: answer.outputs, answer: await ask(request), ask });
  const alone = isOrderFree ? await rowByRow({ name, request, way }, answer.outputs, questioning) : [];
  return { problems: [...shapeProblems(sighting, answer, questioning), ...again, ...alone], isRefused: false };
}

function shapeProblems(
  sighting: {
    readonly check: string;
    readonly caseName: string;
    readonly request: Tensors;
    readonly way: Encoding;
  },
  answer: Extract<Answer, { readonly state: 'answered' }>,
  { plan }: Questioning,
): readonly Problem[] {
  const faults = shapeFaults(answer.outputs, {
    signature: plan.model.outputs,
    datatypeOf,
    sizes: symbolSizes(sighting.request, plan.model.inputs),
  });
  return faults
    .slice(0, 1)
    .map((fault) => ({ ...noAnswer(sighting, answer), what: 'odd-shape', message: `${sighting.caseName}: ${fault}` }));
}

/** First, middle and last row by themselves, where rows are proven to be independent. */
async function rowByRow(
  { name, request, way }: Pick<MadeUp, 'name' | 'request'> & { readonly way: Encoding },
  outputs: Tensors,
  { client, plan, isGone }: Questioning,
): Promise<readonly Problem[]> {
  const rows = rowsOf(request);
  if (plan.batching.state !== 'proven' || rows === null || rows < 2 || rowsOf(outputs) !== rows) return [];
  for (const row of new Set([0, Math.floor(rows / 2), rows - 1])) {
    if (isGone()) return [];
    const part = takeRows(request, [row]);
    const alone = await client.ask(part, way);
    if (alone.state !== 'answered') continue;
    const wanted = takeRows(outputs, [row]);
    const sighting = { check: CHECK, caseName: `${name}, row ${row} by itself`, request: part, way };
    const found = differing(sighting, { wanted, answer: alone, outside: { batch: request, row } });
    if (found.length > 0) return found;
  }
  return [];
}

/** What was answered before all of this is answered the same after it. */
async function stillAnswers({ request, outputs }: Start, { client }: Questioning): Promise<readonly Problem[]> {
  const way = encodingFor(request);
  const ask = (part: Tensors) => client.ask(part, way);
  return differing(
    { check: CHECK, caseName: 'a known input, after all others', request, way },
    { wanted: outputs, answer: await ask(request), ask },
  );
}

function encodingFor(request: Tensors): Encoding {
  return request.reduce((sum, { data }) => sum + data.length, 0) > MOST_JSON_ELEMENTS ? 'binary' : 'json';
}

function fittingEncoding(request: Tensors, bodyBytes: number): Encoding | undefined {
  const usual = encodingFor(request);
  const ways: readonly Encoding[] = usual === 'json' ? ['json', 'binary'] : ['binary'];
  return ways.find((way) => encodeRequest(request, way).bytes.length <= bodyBytes);
}
