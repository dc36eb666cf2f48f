import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Failure } from '../../src/nouns/failure.ts';
import { READ_LIMITS, type ReadLimits } from '../../src/onnx/limits.ts';
import { SourceFile } from '../../src/onnx/source-file.ts';
import { TextCache } from '../../src/onnx/text-cache.ts';
import { encodeUtf8 } from '../../src/onnx/utf8.ts';
import { WireReader } from '../../src/onnx/wire-reader.ts';
import { field, fileOf, intField, scratchFolder, varint } from './bytes.ts';

describe('the wire reader', () => {
  const folder = scratchFolder();

  function reading<T>(bytes: Uint8Array, work: (wire: WireReader) => T, limits?: Partial<ReadLimits>): T {
    const file = SourceFile.open(fileOf(folder, bytes));
    try {
      return work(new WireReader(file, { ...READ_LIMITS, ...limits }));
    } finally {
      file.close();
    }
  }

  /** What `read` gives for each field of the file. */
  function fields<T>(bytes: Uint8Array, read: (wire: WireReader, tag: number) => T): readonly T[] {
    return reading(bytes, (wire) => {
      const values: T[] = [];
      wire.each([{ offset: 0, length: bytes.length }], (tag) => values.push(read(wire, tag)));
      return values;
    });
  }

  it('reads back any 64-bit integer', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 1 }), (values) => {
        const bytes = Buffer.concat(values.map((value) => intField(1, value)));
        assert.deepEqual(
          fields(bytes, (wire) => wire.int64()),
          values,
        );
        assert.deepEqual(
          fields(bytes, (wire) => wire.integer()),
          values.map(Number),
        );
        assert.deepEqual(
          fields(bytes, (wire) => wire.uint64()),
          values.map((value) => BigInt.asUintN(64, value)),
        );
        assert.deepEqual(
          fields(bytes, (wire) => wire.int32()),
          values.map((value) => Number(BigInt.asIntN(32, value))),
        );
      }),
    );
  });

  it('reads back any text, and any bytes as a text that can be written again', () => {
    const texts = new TextCache(() => {});
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.uint8Array(), (text, bytes) => {
        const [read, odd] = fields(Buffer.concat([field(1, Buffer.from(text)), field(1, bytes)]), (wire) =>
          wire.string(texts),
        );
        assert.equal(read, text);
        assert.deepEqual(Uint8Array.from(encodeUtf8(odd ?? '')), bytes);
      }),
    );
  });

  it('steps over every field and lands on its end, whatever its wire type', () => {
    const record = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => intField(2, value)),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => field(2, bytes)),
      fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.concat([varint((2 << 3) | 5), bytes])),
      fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.concat([varint((2 << 3) | 1), bytes])),
      fc.constant(Buffer.concat([varint((2 << 3) | 3), intField(9, 5), varint((2 << 3) | 4)])),
    );
    fc.assert(
      fc.property(fc.array(record), (records) => {
        const kept = fields(Buffer.concat(records), (wire, tag) => wire.unknown(tag, 0));
        assert.deepEqual(
          kept.map((bytes) => Buffer.from(bytes)),
          records.map((bytes) => Buffer.from(bytes)),
        );
      }),
    );
  });

  it('answers any bytes with fields or a failure', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          fields(bytes, (wire, tag) => wire.skip(tag));
        } catch (cause) {
          assert.ok(cause instanceof Failure);
          assert.match(cause.code, /^onnx\/(truncated|malformed|too-deep)$/);
        }
      }),
      { numRuns: 1000 },
    );
  });

  const refused: readonly (readonly [what: string, bytes: Uint8Array, code: string, message: RegExp])[] = [
    [
      'a length beyond the file',
      Uint8Array.of(0x0a, 5, 1, 2),
      'onnx/truncated',
      /at byte 0, 5 more bytes .* 2 are left/,
    ],
    ['a length of 2^64 - 1', Buffer.concat([Uint8Array.of(0x0a), varint(-1)]), 'onnx/truncated', /are left/],
    ['a number cut short', Uint8Array.of(0x08, 0x80), 'onnx/truncated', /ends too early/],
    ['a number of eleven bytes', Buffer.alloc(12, 0xff).fill(0x08, 0, 1), 'onnx/malformed', /more than ten bytes/],
    ['field number zero', Uint8Array.of(0x00, 0x00), 'onnx/malformed', /no tag/],
    ['wire type seven', Uint8Array.of(0x0f, 0x00), 'onnx/malformed', /no tag/],
    ['the end of a group that never began', Uint8Array.of(0x0c), 'onnx/malformed', /never began/],
    ['a group without end', Uint8Array.of(0x0b, 0x10, 0x01), 'onnx/malformed', /no end/],
    ['a group ended by another', Uint8Array.of(0x0b, 0x14), 'onnx/malformed', /another group/],
    ['groups a thousand deep', Buffer.alloc(1000, 0x0b), 'onnx/too-deep', /more than 100 deep/],
  ];
  for (const [what, bytes, code, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => fields(bytes, (wire, tag) => wire.skip(tag)), { code, message, exit: 1 });
    });
  }

  it('refuses a message that is longer than the one around it', () => {
    const outer = field(1, Uint8Array.of(0x0a, 3, 1));
    const bytes = Buffer.concat([outer, Buffer.alloc(10, 8)]);
    assert.throws(() => fields(bytes, (wire) => wire.each([wire.span()], () => wire.span())), {
      code: 'onnx/malformed',
      message: /3 bytes stands in a message of which 1 bytes are left/,
    });
  });

  const limited: readonly (readonly [limit: keyof ReadLimits, message: RegExp])[] = [
    ['keptBytes', /bytes of memory/],
    ['records', /more than 3 fields/],
    ['listElements', /stand one by one/],
  ];
  for (const [limit, message] of limited) {
    it(`stops at its limit of ${limit}`, () => {
      const bytes = Buffer.concat(Array.from({ length: 20 }, () => Buffer.concat([intField(1, 1), intField(2, 1)])));
      const work = (wire: WireReader): void =>
        wire.each([{ offset: 0, length: bytes.length }], (tag) => {
          wire.charge(1);
          wire.run(tag);
        });
      assert.throws(() => reading(bytes, work, { [limit]: 3 }), { code: 'onnx/limit', message });
    });
  }

  it('reads only what it does not step over', () => {
    const bytes = Buffer.concat([field(1, Buffer.alloc(1 << 20)), intField(2, 7), field(1, Buffer.alloc(1 << 20))]);
    const work = (wire: WireReader): void => {
      const seen: number[] = [];
      wire.each([{ offset: 0, length: bytes.length }], (tag) => {
        if (tag === 16) seen.push(wire.integer());
        else wire.skip(tag);
      });
      assert.deepEqual(seen, [7]);
    };
    reading(bytes, work, { fileReads: 2 });
    assert.throws(() => reading(bytes, work, { fileReads: 1 }), { code: 'onnx/limit', message: /jumps/ });
  });
});
