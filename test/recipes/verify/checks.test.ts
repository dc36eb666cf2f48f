import assert from 'node:assert/strict';
import type { Case } from '../../../schemas/case.ts';
import { type Attributed, attributeProblem } from '../../../src/recipes/verify/attribute-problem.ts';
import type { Questioning } from '../../../src/recipes/verify/checks/questioning.ts';
import { replayCases } from '../../../src/recipes/verify/checks/replay-cases.ts';
import {
  replayAgain,
  replayBatches,
  replayBinary,
  replayConcurrently,
} from '../../../src/recipes/verify/checks/replay-otherwise.ts';
import { tryMadeUp } from '../../../src/recipes/verify/checks/try-made-up.ts';
import { openClient } from '../../../src/recipes/verify/client.ts';
import type { ImageUnderTest } from '../../../src/recipes/verify/image-under-test.ts';
import type { Problem } from '../../../src/recipes/verify/problem.ts';
import type { OutsideAnswer, Reference } from '../../../src/recipes/verify/reference.ts';
import { type Fault, openFaultyServer, PLAN } from './faulty-server.ts';

const caseOf = (name: string, values: readonly number[]): Case => ({
  schema: 'plimsoll.case/1',
  name,
  inputs: [{ name: 'x', datatype: 'FP32', shape: [values.length], data: [...values] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [values.length], data: values.map((value) => 2 * value) }],
});
const CASES = [caseOf('one', [1]), caseOf('two', [-7]), caseOf('five', [3, 5, 7, 11, 13])];

/** The runtime outside the image: `y = factor x`, or nothing. */
const outside = (factor: number | null): Reference => ({
  onnxruntime: '1.30.0',
  ask: async (_, [x]): Promise<OutsideAnswer> => {
    if (factor === null || x === undefined) return { state: 'unavailable', why: 'no network' };
    return { state: 'answered', outputs: [{ ...x, name: 'y', data: x.data.map((value) => factor * Number(value)) }] };
  },
  close: async () => {},
});

async function during<T>(fault: Fault, act: (questioning: Questioning) => Promise<T>): Promise<T> {
  const server = await openFaultyServer(fault);
  const client = openClient({ http: server.address, grpc: undefined }, { model: 'double', timeoutMs: 5_000 });
  try {
    return await act({
      client,
      plan: PLAN,
      cases: CASES,
      toleranceOf: () => () => ({ kind: 'close', absolute: 1e-6, relative: 0 }),
      own: new Map(),
      timeoutMs: 5_000,
      isGone: () => false,
      signal: undefined,
    });
  } finally {
    client.close();
    await server.close();
  }
}

const CHECKS = [replayCases, replayBinary, replayAgain, replayBatches, replayConcurrently, tryMadeUp];

async function allProblems(questioning: Questioning): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const check of CHECKS) problems.push(...(await check(questioning)).problems);
  return problems;
}

const attribute = (
  problem: Problem,
  reference: Reference,
  exit?: { code: number; outOfMemory: boolean },
): Promise<Attributed> =>
  attributeProblem(problem, {
    image: { changedLayers: [] } as unknown as ImageUnderTest,
    reference,
    owners: { system: 'platform', model: 'research' },
    exit: () => exit && { ...exit },
    log: () => ['the last line'],
  });

describe('The checks of an image', () => {
  it('find nothing wrong with a server that is right', async () => {
    assert.deepEqual(await during('none', allProblems), []);
  });

  const seen: readonly [Fault, string, Problem['what']][] = [
    ['swaps rows', 'cases', 'wrong-answer'],
    ['drifts', 'repeat', 'differs-from-itself'],
    ['hangs up', 'cases', 'no-answer'],
    ['fails', 'cases', 'no-answer'],
    ['is wrong under load', 'concurrent', 'differs-from-itself'],
    ['is wrong in binary form', 'binary', 'differs-from-itself'],
    ['has no room', 'made-up', 'no-answer'],
    ['falls over NaN', 'made-up', 'no-answer'],
    ['gives another shape', 'made-up', 'odd-shape'],
    ['scales', 'cases', 'wrong-answer'],
  ];
  for (const [fault, check, what] of seen) {
    it(`see a server that ${fault}`, async () => {
      const problems = await during(fault, allProblems);
      assert.ok(
        problems.some((problem) => problem.check === check && problem.what === what),
        JSON.stringify(problems.map((problem) => [problem.check, problem.what])),
      );
    });
  }

  it('see rows that are mixed up between cases which are right one by one', async () => {
    const problems = await during('swaps rows', async (questioning) => {
      const singles = { ...questioning, cases: CASES.slice(0, 2) };
      assert.deepEqual((await replayCases(singles)).problems, []);
      return (await replayBatches(singles)).problems;
    });
    assert.deepEqual(
      problems.map(({ what }) => what),
      ['differs-from-itself'],
    );
  });
});

describe('A failure', () => {
  const firstOf = (what: Problem['what']) => async (questioning: Questioning) =>
    (await allProblems(questioning)).find((problem) => problem.what === what) as Problem;

  it('of mixed rows is the server’s, shown by the fewest rows that mix', async () => {
    const { failure, shown } = await during('swaps rows', async (questioning) =>
      attribute(await firstOf('wrong-answer')(questioning), outside(2)),
    );
    assert.deepEqual(
      [failure.owner, failure.cause, failure.responsible, shown.rows?.length],
      ['system', 'server', 'platform', 2],
    );
  });

  it('of what is answered right when it is asked again is the server’s', async () => {
    const { failure } = await during('is wrong at first', async (questioning) =>
      attribute(await firstOf('wrong-answer')(questioning), outside(2)),
    );
    assert.deepEqual([failure.what, failure.owner, failure.cause], ['differs-from-itself', 'system', 'server']);
  });

  it('of a wrong factor is the image’s where the runtime outside is right, shown by one row', async () => {
    const { failure, shown } = await during('scales', async (questioning) =>
      attribute(await firstOf('wrong-answer')(questioning), outside(2)),
    );
    assert.deepEqual([failure.owner, failure.cause, shown.rows?.length], ['numeric', 'image', 1]);
  });

  it('of a wrong factor is the model’s where the runtime outside is wrong too', async () => {
    const { failure } = await during('scales', async (questioning) =>
      attribute(await firstOf('wrong-answer')(questioning), outside(6)),
    );
    assert.deepEqual([failure.owner, failure.cause, failure.responsible], ['numeric', 'model', 'research']);
  });

  it('is nobody’s where there is no runtime outside, and says so', async () => {
    const { failure } = await during('scales', async (questioning) =>
      attribute(await firstOf('wrong-answer')(questioning), outside(null)),
    );
    assert.deepEqual([failure.owner, failure.responsible], ['inconclusive', null]);
    assert.match(failure.missing ?? '', /no network/);
  });

  it('under load is shown by fewer requests at a time than were sent', async () => {
    const { failure, shown } = await during('is wrong under load', async (questioning) =>
      attribute(await firstOf('differs-from-itself')(questioning), outside(2)),
    );
    assert.equal(failure.owner, 'system');
    assert.ok(shown.requests > 1 && shown.requests <= 16);
  });

  it('of a server that was killed for memory is its limit’s', async () => {
    const { failure } = await during('hangs up', async (questioning) =>
      attribute(await firstOf('no-answer')(questioning), outside(2), { code: 137, outOfMemory: true }),
    );
    assert.deepEqual(
      [failure.what, failure.owner, failure.cause, failure.evidence],
      ['out-of-memory', 'system', 'limit', ['the last line']],
    );
  });
});
