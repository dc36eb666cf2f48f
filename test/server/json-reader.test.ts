import assert from 'node:assert/strict';
import fc from 'fast-check';
import { endOfNumber, NUMBER } from '../../templates/server/json/grammar.ts';
import { NOT_A_NUMBER, readNumber } from '../../templates/server/json/number.ts';
import { readPlainNumbers } from '../../templates/server/json/plain-numbers.ts';
import { JsonReader } from '../../templates/server/json/reader.ts';
import { skipValue } from '../../templates/server/json/skip-value.ts';

describe('the JSON reader', () => {
  const skip = (text: string | Buffer): void => {
    const reader = new JsonReader(Buffer.from(text));
    skipValue(reader);
    reader.assertEnd();
  };

  it('finds the end of a number by the grammar, and no other words', () => {
    const word = fc.string({ unit: fc.constantFrom(...'0123456789+-.eE'), maxLength: 8 });
    fc.assert(
      fc.property(word, fc.constantFrom('', ' ', ',', ']'), (text, after) => {
        const end = endOfNumber(Buffer.from(`[${text}${after}`), 1);
        assert.equal(end, NUMBER.test(text) ? 1 + text.length : -1);
      }),
      { numRuns: 5000 },
    );
  });

  it('takes every JSON that JavaScript writes', () => {
    fc.assert(fc.property(fc.json({ maxDepth: 8 }), (text) => skip(text)));
  });

  it('takes no notice of a mark of the byte order at the beginning, and of none elsewhere', () => {
    skip('\ufeff {"a":1}');
    assert.throws(() => skip(' \ufeff{}'), { status: 400 });
    assert.throws(() => skip('\ufeff\ufeff{}'), { status: 400 });
  });

  it('takes and refuses what JSON.parse takes and refuses, for texts one edit away from JSON', () => {
    const broken = fc.tuple(
      fc.json({ maxDepth: 3 }),
      fc.nat(),
      fc.constantFrom('', ',', ']', '}', '"', '\\', '0', '-', 'e'),
    );
    fc.assert(
      fc.property(broken, ([text, place, piece]) => {
        const at = place % (text.length + 1);
        const edited = text.slice(0, at) + piece + text.slice(at + (piece === '' ? 1 : 0));
        if (/\\/.test(edited)) return; // escapes are checked only in strings that are read
        assert.equal(
          accepts(() => skip(edited)),
          accepts(() => JSON.parse(edited)),
          edited,
        );
      }),
      { numRuns: 500 },
    );
  });

  for (const [text, wanted] of [
    ['', 'at byte 0: wanted a value, found the end of the body'],
    ['[1,]', 'at byte 3: wanted a value, found ]'],
    ['[1 2]', 'at byte 3: wanted "," or "]", found 2'],
    ['{"a" 1}', 'at byte 5: wanted ":", found 1'],
    ['{a: 1}', 'at byte 1: wanted a member name in double quotes, found a'],
    ['{"a": 1,}', 'at byte 8: wanted a member name in double quotes, found }'],
    ['"abc', 'at byte 4: wanted the end of a string, found the end of the body'],
    ['"a\nb"', 'at byte 2: wanted no bare control character in a string'],
    ['01', 'wanted a value, found 01'],
    ['[1] x', 'at byte 4: wanted the end of the body, found x'],
  ] as const) {
    it(`refuses ${JSON.stringify(text)} and says where`, () => {
      assert.throws(() => skip(text), { status: 400, message: new RegExp(escapeForRegExp(wanted)) });
    });
  }

  it('refuses nesting deeper than 64 levels without running out of stack', () => {
    skip('['.repeat(64) + ']'.repeat(64));
    assert.throws(() => skip('['.repeat(1_000_000)), { message: /deeper than 64 levels at byte 64/ });
  });

  it('decodes strings with escapes, emoji and Japanese, and refuses what is not UTF-8', () => {
    const read = (bytes: Buffer): string => {
      const reader = new JsonReader(bytes);
      reader.readString('the text');
      return reader.lastString();
    };
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) =>
        assert.equal(read(Buffer.from(JSON.stringify(text))), text),
      ),
    );
    assert.equal(read(Buffer.from('"\\u65e5\\u672c \\ud83d\\ude00"')), '日本 😀');
    assert.throws(() => read(Buffer.from('"\\x"')), { message: /escape that JSON does not know/ });
    assert.throws(() => read(Buffer.from([0x22, 0xff, 0x22])), { message: /not UTF-8/ });
  });
});

describe('reading numbers', () => {
  const read = (text: string, single = false): number => {
    const reader = new JsonReader(Buffer.from(text));
    const value = readNumber(reader, single);
    assert.ok(value !== NOT_A_NUMBER, text);
    assert.equal(reader.position, text.length);
    return value;
  };

  it('gives the double that JavaScript reads, for every double that JavaScript writes', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        assert.ok(Object.is(read(JSON.stringify(value)), Number(JSON.stringify(value))));
        assert.ok(Object.is(read(value.toExponential(20)), Number(value.toExponential(20))));
      }),
      { numRuns: 2000 },
    );
  });

  it('rounds any digits to single precision as going through the double does', () => {
    const digits = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 24n }), fc.integer({ min: -60, max: 45 }));
    fc.assert(
      fc.property(digits, ([significand, exponent]) => {
        const text = `${significand}e${exponent}`;
        assert.ok(Object.is(Math.fround(read(text, true)), Math.fround(Number(text))), text);
      }),
      { numRuns: 5000 },
    );
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (value) => {
        if (Number.isFinite(value))
          assert.equal(Math.fround(read(JSON.stringify(value), true)), Math.fround(Number(JSON.stringify(value))));
      }),
    );
  });

  it('rounds halfway cases of single precision as going through the double does', () => {
    for (let step = 0; step < 2000; step++) {
      const low = Math.fround(1 + Math.random());
      const halfway = low + 2 ** -24;
      for (const value of [halfway, halfway * (1 + 2 ** -52), halfway * (1 - 2 ** -52)]) {
        assert.equal(Math.fround(read(value.toPrecision(17), true)), Math.fround(Number(value.toPrecision(17))));
      }
    }
  });

  it('keeps the sign of zero', () => {
    for (const text of ['-0', '-0.0', '-0e5']) assert.ok(Object.is(read(text), -0), text);
  });

  for (const text of [
    '',
    '-',
    '+1',
    '01',
    '-01',
    '1.',
    '.5',
    '1e',
    '1e+',
    '0x10',
    '1_0',
    'abc',
    '--1',
    '1.5.5',
    '"1"',
  ]) {
    it(`refuses ${JSON.stringify(text)} and stays where it is`, () => {
      const reader = new JsonReader(Buffer.from(text));
      assert.equal(readNumber(reader, false), NOT_A_NUMBER);
      assert.equal(reader.position, 0);
    });
  }
});

describe('reading plain numbers', () => {
  const number = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
    fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
    fc.integer().map(String),
    fc.stringMatching(/^-?(0|[1-9]\d{0,24})(\.\d{1,25})?$/),
    // Halfway between two single-precision numbers, and next to it.
    fc
      .tuple(fc.float({ min: 1, max: 2, noNaN: true }), fc.integer({ min: -2, max: 2 }))
      .map(([low, steps]) => String(low + 2 ** -24 + steps * 2 ** -52)),
    fc.constantFrom('-0', '0.5', '1e3', '01', '1.', '-', '.5', 'NaN', '"1"', '1 ', ''),
    fc.stringMatching(/^0\.\d{0,9}[/:;\u00fa-\u00ff]\d{0,9}$/),
  );

  for (const make of [(count: number) => new Float32Array(count), (count: number) => new Float64Array(count)]) {
    it(`into ${make(0).constructor.name} gives what reading them one by one gives, and leaves what is not plain`, () => {
      let taken = 0;
      fc.assert(
        fc.property(
          fc.array(number, { minLength: 1, maxLength: 8 }),
          fc.constantFrom(',', ', '),
          fc.nat(80),
          (texts, separator, room) => {
            const reader = new JsonReader(Buffer.from(`${texts.join(separator)}]${' '.repeat(room)}`));
            const found = make(texts.length);
            const count = readPlainNumbers(reader, found, { from: 0, end: texts.length });
            assert.ok(count < texts.length, 'the last number ends with the array');
            const before = texts.slice(0, count).join(separator);
            assert.equal(reader.position, count === 0 ? 0 : before.length + separator.length);
            const single = found instanceof Float32Array;
            const wanted = make(texts.length);
            texts.slice(0, count).forEach((text, index) => {
              wanted[index] = readNumber(new JsonReader(Buffer.from(text)), single) as number;
            });
            assert.ok(wanted.every((value, index) => Object.is(value, found[index])));
            taken += count;
          },
        ),
        { numRuns: 3000 },
      );
      assert.ok(taken > 1000, `${taken} numbers were plain`);
    });
  }

  it('does not read on behind the count that was asked for', () => {
    const reader = new JsonReader(Buffer.from(`1,2,3,4]${' '.repeat(64)}`));
    const into = new Float32Array(4);
    assert.equal(readPlainNumbers(reader, into, { from: 1, end: 3 }), 3);
    assert.deepEqual([...into], [0, 1, 2, 0]);
    assert.equal(reader.position, 4);
  });
});

function accepts(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

function escapeForRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
