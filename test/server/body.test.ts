import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { BodyCollector } from '../../templates/server/http/body.ts';
import type { RequestBody } from '../../templates/server/router.ts';

describe('a body of unknown length', () => {
  const collect = (
    body: Buffer,
    step: number,
    { jsonBytes, limitBytes = 2 ** 20 }: Partial<Record<string, number>>,
  ) => {
    let held = 0;
    let most = 0;
    const meter = {
      hold(bytes: number) {
        held += bytes;
        most = Math.max(most, held);
      },
      add() {},
      release(bytes: number) {
        held -= bytes;
      },
    };
    let outcome: RequestBody | Error | undefined;
    const done = (whatever: RequestBody | Error) => {
      outcome = whatever;
      return undefined;
    };
    const collector = new BodyCollector(
      { declaredBytes: 0, coding: undefined, jsonBytes },
      { limitBytes, meter },
      { done, readEarly: undefined },
    );
    for (let from = 0; from < body.length; from += step) collector.add(Buffer.from(body.subarray(from, from + step)));
    collector.end();
    return { outcome: outcome as RequestBody & Error, held, most };
  };

  for (const [bytes, step] of [
    [1000, 300],
    [65_535, 4000],
    [65_536, 65_536],
    [400_000, 4096],
    [400_001, 77_777],
  ] as const) {
    it(`is whole, with its tensors aligned where it is long: ${bytes} bytes by ${step}`, () => {
      const body = randomBytes(bytes);
      const { outcome, held, most } = collect(body, step, { jsonBytes: 13 });
      assert.ok(outcome.bytes.equals(body));
      assert.deepEqual([held, most], [0, bytes]);
      if (bytes >= 65_536) assert.deepEqual([(outcome.bytes.byteOffset + 13) % 8, outcome.isAlone], [0, true]);
    });
  }

  it('is refused once it is longer than is taken, whatever room there was', () => {
    const { outcome, held } = collect(randomBytes(300_000), 1000, { limitBytes: 299_999 });
    assert.match(outcome.message, /larger than the 299999 bytes/);
    assert.equal(held, 0);
    assert.equal(collect(randomBytes(300_000), 1000, { limitBytes: 300_000 }).outcome.bytes.length, 300_000);
  });
});
