import assert from 'node:assert/strict';
import type { Case } from '../../../schemas/case.ts';
import { SILENT } from '../../../src/nouns/progress.ts';
import { attributeProblem } from '../../../src/recipes/verify/attribute-problem.ts';
import type { Questioning } from '../../../src/recipes/verify/checks/questioning.ts';
import { replayOnProcessors } from '../../../src/recipes/verify/checks/replay-on-processors.ts';
import type { ImageUnderTest } from '../../../src/recipes/verify/image-under-test.ts';
import type { Place } from '../../../src/recipes/verify/place.ts';
import type { CheckResult } from '../../../src/recipes/verify/problem.ts';
import type { Reference } from '../../../src/recipes/verify/reference.ts';
import type { Start } from '../../../src/recipes/verify/watch-start.ts';
import type { Workbench } from '../../../src/recipes/workbench.ts';
import { type Fault, openFaultyServer, PLAN } from './faulty-server.ts';

const ONE: Case = {
  schema: 'plimsoll.case/1',
  name: 'one',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [3], data: [1, 2, 3] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [3], data: [2, 4, 6] }],
};
const OWN = [{ name: 'y', datatype: 'FP32' as const, shape: [3], data: [2, 4, 6] }];

const image = (platforms: readonly string[]) =>
  ({
    platform: 'linux/amd64',
    plan: PLAN,
    lock: { layers: { platforms: {} } },
    index: { images: platforms.map((platform) => ({ platform, layers: [] })) },
  }) as unknown as ImageUnderTest;
const BOTH = image(['linux/amd64', 'linux/arm64', 'windows/amd64']);

const QUESTIONING = {
  cases: [ONE],
  plan: PLAN,
  timeoutMs: 1_000,
  own: new Map([['one', OWN]]),
  toleranceOf: () => () => ({ kind: 'close', absolute: 1e-6, relative: 0 }),
} as unknown as Questioning;

interface Other {
  readonly fault?: Fault;
  readonly start?: Start;
  readonly log?: readonly string[];
}

/** Compares with another processor’s server; `removed` counts how often its place was taken away. */
async function compared(
  { fault = 'none', start = 'ready', log = [] }: Other,
  of = BOTH,
): Promise<CheckResult & { readonly removed: number }> {
  const server = await openFaultyServer(fault);
  let removed = 0;
  const place = {
    startBeside: async () => ({
      start: Promise.resolve(start),
      addresses: () => ({ http: server.address, grpc: undefined }),
      log: () => log,
      remove: async () => {
        removed += 1;
      },
    }),
  } as unknown as Place;
  try {
    const result = await replayOnProcessors(QUESTIONING, {
      image: of,
      place,
      bench: { progress: SILENT } as unknown as Workbench,
    });
    return { ...result, removed };
  } finally {
    await server.close();
  }
}

describe('The images for other processors', () => {
  it('are compared, and the report says which', async () => {
    const { count, note, problems, removed } = await compared({});
    assert.deepEqual([count, problems, removed], [1, [], 1]);
    assert.equal(note, 'linux/arm64, emulated, and linux/amd64 compared');
  });

  it('are a failure of the system’s where they differ, by the smallest row', async () => {
    const [problem, ...others] = (await compared({ fault: 'scales' })).problems;
    assert.ok(problem && others.length === 0);
    assert.deepEqual(problem.request[0]?.shape, [1]);
    const { failure } = await attributeProblem(problem, {
      image: BOTH,
      reference: {} as Reference,
      owners: { system: 'platform' },
      exit: () => undefined,
      log: () => [],
    });
    assert.deepEqual(
      [failure.what, failure.owner, failure.responsible],
      ['differs-between-processors', 'system', 'platform'],
    );
    assert.match(failure.message, /linux\/arm64, emulated, and linux\/amd64 differ/);
  });

  it('are nobody’s where one does not answer: its emulator may be at fault', async () => {
    const [problem] = (await compared({ fault: 'hangs up' })).problems;
    assert.equal(problem?.what, 'silent-on-processor');
  });

  const skipped: readonly [string, () => Promise<CheckResult>, RegExp][] = [
    ['there are none', () => compared({}, image(['linux/amd64'])), /for linux\/amd64 alone/],
    [
      'there is no emulator',
      () => compared({ start: { code: 1, outOfMemory: false }, log: ['exec /usr/local/bin/node: exec format error'] }),
      /linux\/arm64 was not compared: the engine has no emulator/,
    ],
    ['they are not ready in time', () => compared({ start: 'late' }), /not ready in time/],
    [
      'there is no engine',
      () =>
        replayOnProcessors(QUESTIONING, {
          image: BOTH,
          place: {} as Place,
          bench: { progress: SILENT } as unknown as Workbench,
        }),
      /takes an engine to run linux\/arm64 too/,
    ],
  ];
  for (const [title, compare, why] of skipped) {
    it(`are not compared where ${title}`, async () => {
      const { skipped: reason = '', problems } = await compare();
      assert.match(reason, why);
      assert.deepEqual(problems, []);
    });
  }
});
