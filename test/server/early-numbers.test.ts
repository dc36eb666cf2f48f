import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BodyCollector } from '../../templates/server/http/body.ts';
import { DEFAULT_LIMITS } from '../../templates/server/limits.ts';
import { decodeInferenceRequest } from '../../templates/server/open-inference/decode.ts';
import { EarlyNumbers } from '../../templates/server/open-inference/early-numbers.ts';
import { RequestError } from '../../templates/server/request-error.ts';
import type { RequestBody } from '../../templates/server/router.ts';
import { makeSignature } from '../../templates/server/signature.ts';
import { makePlan, type PlanFacts } from './plans.ts';

const ROWS_OF_THREE: PlanFacts = { inputs: [['x', 'float', ['batch', 3]]], outputs: [['y', 'float', ['batch', 1]]] };
const DOUBLES: PlanFacts = { inputs: [['x', 'double', ['batch', 3]]], outputs: [['y', 'double', ['batch', 1]]] };

describe('reading numbers while a body comes in', () => {
  const plain = fc.oneof(
    fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
    fc.stringMatching(/^-?(0|[1-9]\d{0,7})(\.\d{1,17})?$/),
  );
  const odd = fc.constantFrom(
    '1e5',
    '-2E-3',
    ' 7 ',
    '\n 0.5',
    '1e60',
    '1e400',
    'NaN',
    'null',
    '01',
    '-',
    '"1"',
    '[1]',
    '',
    '1.',
    '-0',
    `0.${'3'.repeat(90)}`,
  );
  const numbers = fc.array(fc.oneof({ weight: 60, arbitrary: plain }, { weight: 1, arbitrary: odd }), {
    maxLength: 120,
    size: 'max',
  });
  const frame = fc.constantFrom(
    (count: number, data: string) =>
      `{"inputs":[{"name":"x","datatype":"FP32","shape":[${count / 3},3],"data":[${data}]}]}`,
    (count: number, data: string) =>
      `{"inputs":[{"name":"x","datatype":"FP64","shape":[${count / 3},3],"data":[${data}]}]}`,
    (count: number, data: string) =>
      `{"id":"é","inputs":[{"shape":[${count / 3},3],"name":"x","datatype":"FP32","data": [ ${data}], "parameters":{"a":1}}],"outputs":[{"name":"y"}]}`,
    (count: number, data: string) =>
      `{"inputs":[{"name":"x","datatype":"FP32","data":[${data}],"shape":[${count / 3},3]}]}`,
    (count: number, data: string) =>
      `{"inputs":[{"name":"x","datatype":"FP32","shape":[${count / 3},3],"data":[[${data}]]}],"z":"\\q"}`,
    (count: number, data: string) =>
      `{"inputs":[{"name":"x","datatype":"FP32","shape":[${count / 3},3],"data":[${data}]}],"id":"\\q"}`,
    (count: number, data: string) =>
      `{"inputs":[{"name":"x","datatype":"FP32","shape":[${count / 3},3],"data":[${data}`,
  );

  it('gives what reading it in one go gives, or the very same error, however it is cut', () => {
    let taken = 0;
    fc.assert(
      fc.property(
        numbers,
        frame,
        fc.constantFrom(ROWS_OF_THREE, DOUBLES),
        fc.constantFrom(0, 0, 0, 3, -3),
        fc.constantFrom(',', ', '),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 }),
        (texts, framed, facts, more, separator, lengths) => {
          const count = texts.length - (texts.length % 3);
          const body = Buffer.from(framed(Math.max(0, count + more), texts.slice(0, count).join(separator)));
          const signature = makeSignature(makePlan(facts));
          const wanted = outcomeOf(() => decodeInferenceRequest(body, signature));
          const found = readInPieces(body, signature, lengths);
          taken += found.taken?.count ?? 0;
          assert.deepEqual(
            outcomeOf(() => decodeInferenceRequest(found.bytes, signature, { taken: found.taken })),
            wanted,
          );
        },
      ),
      { numRuns: 3000 },
    );
    assert.ok(taken > 20_000, `${taken} numbers were read early`);
  });

  it('holds neither the text of numbers nor more room for them than it was given', () => {
    const data = Array.from({ length: 30_000 }, (_, index) => Math.fround(Math.sin(index)));
    const body = Buffer.from(
      JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [10_000, 3], data }], id: 'a' }),
    );
    const signature = makeSignature(makePlan(ROWS_OF_THREE));
    const collected = collect(body, (roomBytes) => new EarlyNumbers(signature, DEFAULT_LIMITS, roomBytes));
    assert.ok(collected.bytes.length < 200, `${collected.bytes.length} bytes of text are left`);
    const { inputs, id } = decodeInferenceRequest(collected.bytes, signature, { taken: collected.taken });
    assert.equal(inputs.x?.data, collected.taken?.values);
    assert.deepEqual([inputs.x?.data, id], [Float32Array.from(data), 'a']);
    const tooFew = collect(body, () => new EarlyNumbers(signature, DEFAULT_LIMITS, 4 * data.length - 1));
    assert.deepEqual([tooFew.bytes, tooFew.taken], [body, undefined]);
  });
});

type Signature = ReturnType<typeof makeSignature>;

function readInPieces(body: Buffer, signature: Signature, lengths: readonly number[]) {
  const early = new EarlyNumbers(signature, DEFAULT_LIMITS, 8 * body.length);
  // The first piece has the names in it.
  let from = 0;
  for (let place = 0; from < body.length; place++) {
    const end = Math.min(body.length, from + (lengths[place % lengths.length] ?? 1) + (place === 0 ? 90 : 0));
    const piece = Buffer.from(body.subarray(from, end));
    const left = early.take(piece);
    if (left !== undefined) {
      return { bytes: Buffer.concat([early.head, left, body.subarray(end)]), taken: early.taken(left.length) };
    }
    // Another read's from now on.
    piece.fill('9');
    from = end;
  }
  const left = early.end();
  return { bytes: Buffer.concat([early.head, left]), taken: early.taken(left.length) };
}

function outcomeOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (error instanceof RequestError) return error.message;
    throw error;
  }
}

function collect(body: Buffer, readEarly: (roomBytes: number) => EarlyNumbers): RequestBody {
  let found: RequestBody | undefined;
  const meter = { hold() {}, add() {}, release() {} };
  const facts = { declaredBytes: body.length, coding: undefined, jsonBytes: undefined };
  const collector = new BodyCollector(
    facts,
    { limitBytes: body.length, meter },
    {
      readEarly,
      done: (outcome) => {
        if (outcome instanceof RequestError) throw outcome;
        found = outcome;
      },
    },
  );
  for (let from = 0; from < body.length; from += 65_536)
    collector.add(Buffer.from(body.subarray(from, from + 65_536)), true);
  collector.end();
  assert.ok(found);
  return found;
}
