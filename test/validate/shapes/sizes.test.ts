import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Contradiction } from '../../../src/validate/shapes/contradiction.ts';
import { add, multiply, product, subtract } from '../../../src/validate/shapes/size/arithmetic.ts';
import { broadcastSizes } from '../../../src/validate/shapes/size/broadcast.ts';
import { ceilDivide, exactQuotient, floorDivide } from '../../../src/validate/shapes/size/division.ts';
import { evaluateSize } from '../../../src/validate/shapes/size/evaluate.ts';
import { isAtMost, larger, smaller } from '../../../src/validate/shapes/size/extremes.ts';
import { parseDimensionName } from '../../../src/validate/shapes/size/parse-name.ts';
import { rangeOf, upperBound } from '../../../src/validate/shapes/size/range.ts';
import {
  namedSize,
  reasonOf,
  type Size,
  sameSize,
  textOf,
  unknownSize,
} from '../../../src/validate/shapes/size/size.ts';

const [b, s, h] = [namedSize('b'), namedSize('s'), namedSize('h')];

describe('sizes', () => {
  const normal: readonly [title: string, size: Size, text: string][] = [
    ['terms are sorted and like ones added', add(add(s, b), s), 'b + 2*s'],
    ['a difference of equals is nothing', subtract(multiply(b, s), multiply(s, b)), '0'],
    ['products are expanded', multiply(add(s, 1), b), 'b + b*s'],
    ['what divides evenly leaves no division', floorDivide(add(multiply(s, 4), 8), 4), 's + 2'],
    ['only the rest stays in a division', floorDivide(add(multiply(s, 5), 7), 4), 'floor((s + 3)/4) + s + 1'],
    ['a division in a division becomes one', floorDivide(floorDivide(s, 2), 3), 'floor(s/6)'],
    ['rounding up is rounding down from above', ceilDivide(s, 2), 'floor((s + 1)/2)'],
    [
      'a product is divided by what it was multiplied with',
      exactQuotient(product([b, add(s, 1), h]), add(s, 1)) ?? -1,
      'b*h',
    ],
    ['the smaller of a size and more is the size', smaller(s, add(s, 3)), 's'],
    ['the larger of nested alternatives is one list', larger(larger(b, 5), s), 'max(5, b, s)'],
    ['a number decides what is broadcast', broadcastSizes(s, 7) ?? -1, '7'],
    ['broadcasting with 1 changes nothing', broadcastSizes(1, s) ?? -1, 's'],
    ['a name that reads as arithmetic is quoted', add(namedSize('a-b'), 1), '"a-b" + 1'],
  ];
  for (const [title, size, text] of normal) {
    it(title, () => assert.equal(textOf(size), text));
  }

  const expressions = fc.letrec<{ size: Size }>((tie) => ({
    size: fc.oneof(
      { maxDepth: 4 },
      fc.integer({ min: 0, max: 9 }),
      fc.constantFrom<Size>(b, s, h),
      fc.tuple(tie('size'), tie('size')).map(([x, y]) => add(x, y)),
      fc.tuple(tie('size'), tie('size')).map(([x, y]) => multiply(x, y)),
      fc.tuple(tie('size'), fc.integer({ min: 1, max: 5 })).map(([x, n]) => floorDivide(x, n)),
      fc.tuple(tie('size'), tie('size')).map(([x, y]) => smaller(x, y)),
      fc.tuple(tie('size'), tie('size')).map(([x, y]) => larger(x, y)),
    ),
  })).size;
  const values = fc.record({
    b: fc.integer({ min: 0, max: 9 }),
    s: fc.integer({ min: 0, max: 99 }),
    h: fc.integer({ min: 0, max: 9 }),
  });
  const at = (size: Size, numbers: object) => evaluateSize(size, new Map(Object.entries(numbers)));

  const laws: readonly [
    name: string,
    ofSizes: (x: Size, y: Size) => Size | null,
    ofNumbers: (x: number, y: number) => number,
  ][] = [
    ['sums', add, (x, y) => x + y],
    ['differences', subtract, (x, y) => x - y],
    ['products', multiply, (x, y) => x * y],
    ['minima', smaller, Math.min],
    ['maxima', larger, Math.max],
    ['quotients', (x, y) => floorDivide(x, add(y, 1)), (x, y) => Math.floor(x / (y + 1))],
    ['quotients that come out even', (x, y) => exactQuotient(multiply(x, add(y, 1)), add(y, 1)), (x) => x],
  ];
  for (const [name, ofSizes, ofNumbers] of laws) {
    it(`evaluates ${name} to what the numbers give`, () => {
      fc.assert(
        fc.property(expressions, expressions, values, (x, y, numbers) => {
          const [left, right] = [at(x, numbers), at(y, numbers)];
          const both = ofSizes(x, y);
          const found = both === null ? null : at(both, numbers);
          // An expression that grew too long is unknown, which is no claim.
          if (left !== null && right !== null && found !== null) assert.equal(found, ofNumbers(left, right));
        }),
      );
    });
  }

  it('keeps every value within its range, and never says at most where that fails', () => {
    fc.assert(
      fc.property(expressions, expressions, values, (x, y, numbers) => {
        const [left, right] = [at(x, numbers), at(y, numbers)];
        if (left === null || right === null) return;
        const { least, most } = rangeOf(x);
        assert.ok(least <= left && left <= most, `${textOf(x)} = ${left} is not in ${least} to ${most}`);
        const claim = isAtMost(x, y);
        if (claim !== null) assert.equal(left <= right, claim);
      }),
    );
  });

  it('bounds what the data decide by what the operator says', () => {
    const rows = unknownSize(1, { reason: 'depends on data: NonZero', atMost: 60 });
    assert.equal(upperBound(add(multiply(rows, 2), 1)), 121);
    assert.equal(upperBound(unknownSize(2, { reason: 'depends on data', atMost: null })), null);
    assert.equal(reasonOf(add(rows, 1)), 'depends on data: NonZero');
  });

  it('refuses numbers past 2^53 and division by nothing', () => {
    assert.throws(
      () => multiply(2 ** 40, 2 ** 20),
      (error) => error instanceof Contradiction,
    );
    assert.throws(
      () => floorDivide(s, 0),
      (error) => error instanceof Contradiction,
    );
  });

  it('stands for an expression that grew too long by a name, the same for the same', () => {
    const grow = () => Array.from({ length: 60 }, (_, index) => namedSize(`n${index}`)).reduce<Size>(add, 0);
    assert.ok(sameSize(grow(), grow()));
    assert.ok(textOf(grow()).length < 400);
    assert.equal(evaluateSize(grow(), new Map()), null);
    assert.equal(upperBound(grow()), null);
  });

  it('knows how large an expression can be that grew too long, where all that it is made of is bounded', () => {
    const boxes = Array.from({ length: 90 }, (_, at) =>
      unknownSize(at + 1, { reason: 'depends on data', atMost: 300 }),
    );
    const joined = boxes.reduce<Size>(add, 0);
    assert.ok(textOf(joined).includes('?long'));
    assert.equal(upperBound(joined), 27_000);
  });

  const names: readonly [name: string, text: string][] = [
    ['past_sequence_length + 1', 'past_sequence_length + 1'],
    ['2*s0 - 1', '2*s0 - 1'],
    ['(h + 1)//2', 'floor((h + 1)/2)'],
    ['batch-size', '"batch-size"'],
    ['unk__0', 'unk__0'],
    ['a +', '"a +"'],
    ['floor(h/2)', '"floor(h/2)"'],
  ];
  for (const [name, text] of names) {
    it(`reads the dimension name ${name} as ${text}`, () => assert.equal(textOf(parseDimensionName(name)), text));
  }
});
