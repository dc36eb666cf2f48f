import assert from 'node:assert/strict';
import { identity, makePlan, type PlanFacts, TWO_BY_TWO } from './plans.ts';
import { infer, type RunningServer, useServers } from './running-server.ts';

const tensor = (name: string, rows: readonly (readonly number[])[]) => ({
  name,
  datatype: 'FP32',
  shape: [rows.length, rows[0]?.length ?? 0],
  data: rows.flat(),
});
const sums = (text: string): number[] => JSON.parse(text).outputs[0].data;

describe('Batches in the server', () => {
  const startOne = useServers();
  const start = (fixture: string, facts: PlanFacts): Promise<RunningServer> =>
    startOne({ fixture, plan: makePlan(facts) });

  it('give each of many requests at once its own answer', async () => {
    const server = await start('two-by-two', { ...TWO_BY_TWO, maxSize: 16, queue: 500 });
    const asked = Array.from({ length: 200 }, async (_, index) => {
      const rows = Array.from({ length: 1 + (index % 5) }, (_, row) => [index, row, 1]);
      const reply = await infer(server, JSON.stringify({ inputs: [tensor('a', rows), tensor('b', rows)] }));
      assert.deepEqual(
        sums(reply.text),
        rows.flat().map((value) => 2 * value),
      );
    });
    await Promise.all(asked);
  });

  it('take a request of more rows than the largest run and the bound', async () => {
    const server = await start('two-by-two', { ...TWO_BY_TWO, maxSize: 16 });
    const rows = Array.from({ length: 5000 }, (_, row) => [row, -row - 1, 0.5]);
    const reply = await infer(server, JSON.stringify({ inputs: [tensor('a', rows), tensor('b', rows)] }));
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(JSON.parse(reply.text).outputs[1].shape, [5000, 3]);
    assert.deepEqual(
      sums(reply.text),
      rows.flat().map((value) => 2 * value),
    );
  });

  it('fail nobody but the one whose values the model refuses', async () => {
    const server = await start('gather', {
      inputs: [['index', 'int64', ['n']]],
      outputs: [['y', 'float', ['n']]],
      maxSize: 8,
    });
    const replies = await Promise.all(
      [-5, 0, -4, 77, -3].map((index) =>
        infer(server, `{"inputs":[{"name":"index","datatype":"INT64","shape":[1],"data":[${index}]}]}`),
      ),
    );
    assert.deepEqual(
      replies.map(({ status, text }) => (status === 200 ? sums(text)[0] : status)),
      [1.5, 400, 2.5, 400, 3.5],
    );
  });

  for (const [type, datatype, values] of [
    ['string', 'BYTES', ['', 'déjà vu', '日本語']],
    ['int64', 'INT64', [9007199254740991, 0, -5]],
    ['float16', 'FP16', [1, 0.5, -2]],
    ['bool', 'BOOL', [true, false, true]],
  ] as const) {
    it(`join and split ${type}`, async () => {
      const server = await start(`identity-${type}`, { ...identity(type), maxSize: 4 });
      const replies = await Promise.all(
        [...values, ...values].map((value) =>
          infer(server, JSON.stringify({ inputs: [{ name: 'x', datatype, shape: [1, 2], data: [value, value] }] })),
        ),
      );
      assert.deepEqual(
        replies.map(({ text }) => JSON.parse(text).outputs[0].data),
        [...values, ...values].map((value) => [value, value]),
      );
    });
  }
});
