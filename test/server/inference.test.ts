import assert from 'node:assert/strict';
import { type InferenceCaller, makeInference } from '../../templates/server/inference.ts';
import type { Job } from '../../templates/server/job.ts';
import { makeSignature } from '../../templates/server/signature.ts';
import { makePlan, type PlanFacts, SLOW, TWO_BY_TWO } from './plans.ts';

describe('a job made of a request', () => {
  const jobOf = (facts: PlanFacts, dims: readonly number[], then: Partial<InferenceCaller> = {}): Job => {
    const signature = makeSignature(makePlan(facts));
    const jobs: Job[] = [];
    const bodies = { hold() {}, release() {}, add() {} };
    const queue = { bodies, largestBodyBytes: 1, assertRoom() {}, submit: (job: Job) => void jobs.push(job) };
    const data = new Float32Array(dims.reduce((a, b) => a * b, 1));
    const inputs = Object.fromEntries(
      signature.inputs.map(({ name }) => [name, { type: 'float32', dims, data, location: 'cpu' } as const]),
    );
    const caller = { connection: {}, isWaiting: () => true, succeed: () => undefined, fail: assert.fail, ...then };
    makeInference({ signature, queue, phase: () => 'ready' }).submit({ inputs, outputs: signature.outputs }, caller);
    assert.equal(jobs[0]?.connection, caller.connection);
    return jobs[0] as Job;
  };

  it('knows its rows where every input leaves the same first dimension open', () => {
    const { rows, bytes, deadlineMs, priority } = jobOf(TWO_BY_TWO, [7, 3]);
    assert.deepEqual({ rows, bytes, deadlineMs, priority }, { rows: 7, bytes: 168, deadlineMs: null, priority: 5 });
  });

  const without: readonly (readonly [string, PlanFacts, readonly number[]])[] = [
    ['a scalar', SLOW, []],
    ['a fixed first dimension', { ...SLOW, inputs: [['x', 'float', [2, 3]]] }, [2, 3]],
    [
      'two inputs of different first dimensions',
      {
        ...SLOW,
        inputs: [
          ['x', 'float', ['n']],
          ['y', 'float', ['m']],
        ],
      },
      [2],
    ],
    [
      'two inputs whose first dimensions have no name',
      {
        ...SLOW,
        inputs: [
          ['x', 'float', [null]],
          ['y', 'float', [null]],
        ],
      },
      [2],
    ],
  ];
  for (const [title, facts, dims] of without) {
    it(`knows of no rows with ${title}`, () => assert.equal(jobOf(facts, dims).rows, null));
  }

  it('fails where its outputs cannot be made into an answer', () => {
    const defect = new Error('no encoder');
    const told: unknown[] = [];
    const succeed = (): never => {
      throw defect;
    };
    const job = jobOf(TWO_BY_TWO, [1, 3], { succeed, fail: (error) => told.push(error) });
    job.succeed({}, { queueMs: 0, computeMs: 0, wholeMs: 0, runRows: 1 });
    assert.deepEqual(told, [defect]);
  });

  it('is not made before the model is there', () => {
    const signature = makeSignature(makePlan(SLOW));
    const queue = { bodies: { hold() {}, release() {}, add() {} }, largestBodyBytes: 1, assertRoom() {}, submit() {} };
    const inference = makeInference({ signature, queue, phase: () => 'starting' });
    assert.throws(() => inference.assertOpen(), { status: 503 });
  });
});
