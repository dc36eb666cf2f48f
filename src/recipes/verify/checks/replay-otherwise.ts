import { randomNumbers } from '../../../nouns/random-numbers.ts';
import type { Answer } from '../../../verify/answer.ts';
import { compareEncodings, compareToItself } from '../../../verify/compare-answers.ts';
import { joinRows, kindOf, rowsOf, type Tensors, takeRows } from '../../../verify/rows.ts';
import type { CheckResult, Problem } from '../problem.ts';
import { hasTypedContents } from '../wire/grpc.ts';
import type { Way } from '../wire/way.ts';
import { answeredCases, differing, MOST_REPEATED, type Questioning, skipped } from './questioning.ts';

/** The same cases in binary form: the same answers, whatever the encoding. */
export function replayBinary(questioning: Questioning): Promise<CheckResult> {
  return eachCase(questioning, { check: 'binary', note: 'as in JSON', ways: () => ['binary'] });
}

/** The same cases over gRPC, their contents raw and in fields of their types: the same answers, whatever the protocol. */
export async function replayGrpc(questioning: Questioning): Promise<CheckResult> {
  if (!questioning.client.hasGrpc) return skipped('grpc', 'the server answers no gRPC');
  return eachCase(questioning, {
    check: 'grpc',
    note: 'as over REST, contents raw and typed',
    ways: (request) => (hasTypedContents(request) ? ['grpc', 'grpc-typed'] : ['grpc']),
  });
}

/** The same cases once more, the last one first: the same answers, whatever came before. */
export function replayAgain(questioning: Questioning): Promise<CheckResult> {
  return eachCase(questioning, {
    check: 'repeat',
    note: 'as at first, in the other order',
    ways: () => ['json'],
    isReversed: true,
  });
}

interface Replay {
  readonly check: string;
  readonly note: string;
  readonly ways: (request: Tensors) => readonly Way[];
  readonly isReversed?: boolean;
}

async function eachCase(
  questioning: Questioning,
  { check, note, ways, isReversed = false }: Replay,
): Promise<CheckResult> {
  const answered = answeredCases(questioning).slice(0, MOST_REPEATED);
  const cases = isReversed ? answered.toReversed() : answered;
  if (cases.length === 0) return skipped(check, NONE);
  const problems: Problem[] = [];
  let count = 0;
  for (const { one, answer: wanted } of cases) {
    for (const way of ways(one.inputs)) {
      if (questioning.isGone()) break;
      questioning.signal?.throwIfAborted();
      count += 1;
      const ask = (request: Tensors) => questioning.client.ask(request, way);
      const sighting = { check, caseName: one.name, request: one.inputs, way };
      problems.push(...(await differingBy(sighting, { wanted, ask, client: questioning.client })));
    }
  }
  return { name: check, count, note, problems };
}

/** In another encoding to the last digits, where the same in JSON comes out the same to the last digit. */
async function differingBy(
  sighting: Parameters<typeof differing>[0],
  {
    wanted,
    ask,
    client,
  }: {
    readonly wanted: Tensors;
    readonly ask: (request: Tensors) => Promise<Answer>;
    readonly client: Questioning['client'];
  },
): Promise<readonly Problem[]> {
  const answer = await ask(sighting.request);
  const roughly = differing(sighting, { wanted, answer, ask });
  if (roughly.length > 0 || sighting.way === 'json') return roughly;
  const exactly = differing(sighting, { wanted, answer, ask, deviates: compareEncodings });
  if (exactly.length === 0) return [];
  const again = await client.ask(sighting.request, 'json');
  const isSteady = again.state === 'answered' && compareEncodings(wanted, again.outputs).length === 0;
  return isSteady ? exactly : [];
}

/** Rows of several cases in one request, and rows of one case each in a request: a row’s answer does not depend on its company. */
export async function replayBatches(questioning: Questioning): Promise<CheckResult> {
  const { plan, client, isGone, signal } = questioning;
  const name = 'batches';
  if (plan.batching.state !== 'proven')
    return skipped(name, `rows are not proven to be independent: ${plan.batching.why}`);
  const requests = batchesOf(questioning, plan.batching.maxSize);
  if (requests.length === 0)
    return skipped(name, answeredCases(questioning).length === 0 ? NONE : 'no case has rows that go with others');
  const problems: Problem[] = [];
  for (const { request, wanted, caseName, outside } of requests) {
    if (isGone()) break;
    signal?.throwIfAborted();
    const ask = (part: Tensors) => client.ask(part, 'json');
    const sighting = { check: name, caseName, request, way: 'json' as const };
    problems.push(
      ...differing(sighting, { wanted, answer: await ask(request), ask, outside: outside ?? { batch: request } }),
    );
  }
  return {
    name,
    count: requests.length,
    note: `up to ${plan.batching.maxSize} rows together, and row by row`,
    problems,
  };
}

interface Batch {
  readonly request: Tensors;
  readonly wanted: Tensors;
  readonly caseName: string;
  /** The request that the row is taken from. */
  readonly outside?: { readonly batch: Tensors; readonly row: number };
}

function batchesOf(questioning: Questioning, maxSize: number): readonly Batch[] {
  const cases = answeredCases(questioning)
    .slice(0, MOST_REPEATED)
    .filter(({ one, answer }) => rowsOf(one.inputs) !== null && rowsOf(one.inputs) === rowsOf(answer));
  const singles = cases.flatMap(({ one, answer }) => {
    const rows = rowsOf(one.inputs) ?? 0;
    return rows < 2
      ? []
      : Array.from(
          { length: rows },
          (_, row): Batch => ({
            request: takeRows(one.inputs, [row]),
            wanted: takeRows(answer, [row]),
            caseName: `${one.name}, row ${row}`,
            outside: { batch: one.inputs, row },
          }),
        );
  });
  const kinds = new Map<string, Batch[]>();
  for (const { one, answer } of cases) {
    const key = `${kindOf(one.inputs)}\n${kindOf(answer)}`;
    kinds.set(key, [...(kinds.get(key) ?? []), { request: one.inputs, wanted: answer, caseName: one.name }]);
  }
  return [...singles.slice(0, MOST_REPEATED), ...[...kinds.values()].flatMap((batches) => joined(batches, maxSize))];
}

/** As many cases in a row as fit the largest run. */
function joined(batches: readonly Batch[], maxSize: number): readonly Batch[] {
  const groups: Batch[][] = [[]];
  let rows = 0;
  for (const batch of batches) {
    const own = rowsOf(batch.request) ?? 0;
    if (rows + own > maxSize) {
      groups.push([]);
      rows = 0;
    }
    groups.at(-1)?.push(batch);
    rows += own;
  }
  return groups.flatMap((group) => {
    const [first] = group;
    const request = joinRows(group.map((batch) => batch.request));
    const wanted = joinRows(group.map((batch) => batch.wanted));
    if (group.length < 2 || !first || !request || !wanted) return [];
    return [{ request, wanted, caseName: `${first.caseName} and ${group.length - 1} more together` }];
  });
}

/** Requests under way at a time. */
const AT_A_TIME = 16;
const LEAST_REQUESTS = 128;

/** Many requests at the same time, in an order that changes: each is answered as by itself. */
export async function replayConcurrently(questioning: Questioning): Promise<CheckResult> {
  const { client, signal, isGone } = questioning;
  const name = 'concurrent';
  const cases = answeredCases(questioning).slice(0, MOST_REPEATED);
  if (cases.length === 0) return skipped(name, NONE);
  const random = randomNumbers(1);
  const order = Array.from({ length: Math.max(cases.length, LEAST_REQUESTS) }, (_, at) => ({
    entry: cases[at % cases.length] as (typeof cases)[number],
    rank: random(),
  }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ entry }) => entry);
  const problems: Problem[] = [];
  const others = order.map(({ one }) => one.inputs);
  const ways: readonly Way[] = client.hasGrpc ? ['json', 'binary', 'grpc'] : ['json', 'binary'];
  const askOne = async ({ one, answer: wanted }: (typeof order)[number], at: number) => {
    const way = ways[at % ways.length] as Way;
    const ask = () => client.ask(one.inputs, way);
    const sighting = { check: name, caseName: one.name, request: one.inputs, way };
    const found = differing(sighting, { wanted, answer: await ask(), requests: AT_A_TIME });
    const showsAt = (requests: number) => isDifferentAmong(others.slice(0, requests - 1), { wanted, ask, client });
    problems.push(...found.map((problem) => ({ ...problem, showsAt })));
  };
  // In waves: where each answer sent the next request, a fast server would hardly ever have two.
  for (let from = 0; from < order.length && !isGone(); from += AT_A_TIME) {
    signal?.throwIfAborted();
    await Promise.all(order.slice(from, from + AT_A_TIME).map((each, at) => askOne(each, at)));
  }
  return {
    name,
    count: order.length,
    note: `${AT_A_TIME} at a time, ${client.hasGrpc ? 'over REST and gRPC' : 'in both encodings'}`,
    problems,
  };
}

const NONE = 'no case was answered';

/** Chance has a part in what happens at the same time. */
const TRIES = 5;

async function isDifferentAmong(
  others: readonly Tensors[],
  {
    wanted,
    ask,
    client,
  }: { readonly wanted: Tensors; readonly ask: () => Promise<Answer>; readonly client: Questioning['client'] },
): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries++) {
    const [answer] = await Promise.all([ask(), ...others.map((other) => client.ask(other, 'json'))]);
    if (answer.state !== 'answered' || compareToItself(wanted, answer.outputs).length > 0) return true;
  }
  return false;
}
