import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DATATYPES } from '../../templates/server/open-inference/datatypes.ts';
import { decodeInferenceRequest } from '../../templates/server/open-inference/decode.ts';
import { makeSignature } from '../../templates/server/signature.ts';
import { identity, makePlan } from './plans.ts';

const RANGES = {
  int8: [-(2n ** 7n), 2n ** 7n - 1n],
  uint8: [0n, 2n ** 8n - 1n],
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  uint16: [0n, 2n ** 16n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  bool: [0n, 1n],
} as const;

/** Behind the last element that is looked at: plain ones are not read up to the end of a body. */
const TAIL = Array.from({ length: 80 }, () => '0');

describe('integers of a long array', () => {
  for (const [type, [least, largest]] of Object.entries(RANGES) as [keyof typeof RANGES, readonly [bigint, bigint]][]) {
    const { name } = DATATYPES[type];
    const signature = makeSignature(makePlan(identity(type)));
    const decode = (elements: readonly string[]): bigint[] => {
      const data = [...elements, ...TAIL].join(',');
      const count = elements.length + TAIL.length;
      const body = `{"inputs":[{"name":"x","datatype":"${name}","shape":[1,${count}],"data":[${data}]}]}`;
      const { inputs } = decodeInferenceRequest(Buffer.from(body), signature);
      return Array.from(inputs.x?.data as Iterable<number | bigint>, BigInt).slice(0, elements.length);
    };

    it(`are ${name} to the last digit, however they are laid out and wherever others stand among them`, () => {
      const integers = fc.oneof(
        fc.bigInt(least, largest),
        fc.bigInt(least < 0n ? -3n : 0n, largest < 300n ? largest : 300n),
        fc.constantFrom(least, largest, 0n),
      );
      const writings = fc.constantFrom<(text: string) => string>(
        (text) => text,
        (text) => ` ${text}`,
        (text) => `  ${text}\n`,
        (text) => (text.length < 15 && type !== 'bool' ? `${text}.0` : text),
      );
      fc.assert(
        fc.property(fc.array(fc.tuple(integers, writings), { maxLength: 60 }), (entries) => {
          assert.deepEqual(
            decode(entries.map(([integer, write]) => write(`${integer}`))),
            entries.map(([integer]) => integer),
          );
        }),
        { numRuns: 300 },
      );
    });

    it(`are refused as ${name} by their place where they are out of its range or no integers`, () => {
      for (const wrong of [
        `${largest + 1n}`,
        `${least - 1n}`,
        '01',
        '-',
        '1.5',
        '1e',
        '0x1',
        '12345678901234567890123',
      ]) {
        for (const before of [0, 1, 5]) {
          const elements = [...Array.from({ length: before }, () => '1'), wrong, '1'];
          assert.throws(() => decode(elements), { status: 400 }, wrong);
        }
      }
      assert.deepEqual(decode(['-0', '0', '1']), [0n, 0n, 1n]);
    });
  }
});
