import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Failure } from '../../../src/nouns/failure.ts';
import { readTable } from '../../../src/verify/tables/read-table.ts';
import { tensorsOfTable } from '../../../src/verify/tables/tensors-of-table.ts';

const FIXTURES = fileURLToPath(new URL('fixtures', import.meta.url));
const NUMBERS = [-1, 0.5, 2, 3.5, 5];
const WIDE = ['-9223372036854775808', -1, 0, '9007199254740993', '9223372036854775807'];
const TEXTS = ['a', 'déjà', '日本', '', 'e,"f"'];

/** By its name: what is loaded late is another instance under the runner of the tests. */
const isFailure = (error: unknown): error is Failure => error instanceof Error && error.name === 'Failure';
const isRefused = (why: RegExp) => (error: unknown) =>
  isFailure(error) && error.code === 'data/invalid' && why.test(error.message);

describe('A table', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-table-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const written = async (name: string, content: string | Uint8Array) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };

  for (const file of ['plain.npz', 'compressed.npz']) {
    it(`has the arrays of NumPy’s ${file}, of every type and order`, async () => {
      const names = ['numbers', 'halves', 'bigendian', 'wide', 'flags', 'texts', 'bytes', 'matrix'];
      const { table } = await readTable(join(FIXTURES, file), names);
      const cells = (name: string) => table.columns.get(name)?.cells;
      assert.equal(table.rows, 5);
      for (const name of ['numbers', 'halves', 'bigendian']) assert.deepEqual(cells(name), NUMBERS);
      assert.deepEqual([cells('wide'), cells('texts'), cells('bytes')], [WIDE, TEXTS, TEXTS]);
      assert.deepEqual(cells('flags'), [true, false, true, true, false]);
      assert.deepEqual(table.columns.get('matrix')?.rowShape, [2, 3]);
      assert.deepEqual(cells('matrix'), [...Array(30).keys()]);
    });
  }

  for (const compression of ['none', 'snappy', 'gzip', 'zstd']) {
    it(`has the columns of Parquet with the compression ${compression}`, async () => {
      const { table } = await readTable(join(FIXTURES, `${compression}.parquet`), [
        'numbers',
        'wide',
        'flags',
        'texts',
        'lists',
      ]);
      const cells = (name: string) => table.columns.get(name)?.cells;
      assert.deepEqual([cells('numbers'), cells('wide')], [NUMBERS, WIDE]);
      assert.deepEqual(
        cells('texts'),
        TEXTS.map((text) => text || null),
      );
      assert.deepEqual([table.columns.get('lists')?.rowShape, cells('lists')?.slice(0, 4)], [[2], [0, 0.5, 1, 1.5]]);
    });
  }

  it('has the columns of CSV with quotes, a byte order mark and lines of Windows', async () => {
    const { table } = await readTable(await written('a.csv', '\uFEFFx,t\r\n1.5,"a ""b"", c"\r\n,\r\n'), ['x', 't']);
    assert.deepEqual(table.columns.get('x')?.cells, ['1.5', null]);
    assert.deepEqual(table.columns.get('t')?.cells, ['a "b", c', null]);
  });

  const refused: readonly [string, string, string | Uint8Array, RegExp][] = [
    ['another kind', 'a.txt', 'x\n1', /ends in ".txt"; wanted .csv, .npz, .parquet/],
    ['no rows', 'a.csv', 'x\n', /has no rows below a header/],
    ['rows of other lengths', 'a.csv', 'x,y\n1,2\n3\n', /no table of comma-separated values/],
    ['a column twice', 'a.csv', 'x,x\n1,2\n', /has the column "x" twice/],
    ['bytes that are no UTF-8', 'a.csv', Uint8Array.of(0x78, 0x0a, 0xff), /UTF-8/],
    ['no zip archive', 'a.npz', 'PK?', /no NPZ file/],
    ['no Parquet', 'a.parquet', 'PAR1 and nothing more', /no Parquet file/],
  ];
  for (const [title, name, content, why] of refused) {
    it(`is refused with ${title}`, async () => {
      await assert.rejects(async () => readTable(await written(name, content), ['x']), isRefused(why));
    });
  }

  it('is refused, and nothing worse, wherever a byte of it was changed or it was cut off', async () => {
    for (const name of ['plain.npz', 'snappy.parquet']) {
      const whole = await readFile(join(FIXTURES, name));
      for (let at = 0; at < whole.length; at += 37) {
        for (const bytes of [whole.subarray(0, at), whole.map((byte, index) => (index === at ? byte ^ 0xff : byte))]) {
          const file = await written(`hostile-${name}`, bytes);
          await readTable(file, ['numbers', 'wide', 'texts']).catch((error) =>
            assert.ok(isFailure(error), String(error.stack)),
          );
        }
      }
    }
  });
});

describe('Rows as tensors', () => {
  const tableOf = (columns: Record<string, readonly (string | number | boolean | null)[]>) => ({
    file: 'rows.csv',
    rows: Object.values(columns)[0]?.length ?? 0,
    columns: new Map(Object.entries(columns).map(([name, cells]) => [name, { rowShape: [], cells }])),
  });
  const port = (datatype: 'FP32' | 'INT64' | 'BYTES' | 'BOOL', shape: (string | number)[]) => [
    { name: 'x', datatype, shape },
  ];

  it('put columns side by side, in the order that is named', () => {
    const table = tableOf({ a: ['1', '2'], b: ['3', null] });
    const [x] = tensorsOfTable(table, { x: ['b', 'a'] }, port('FP32', ['batch', 2]));
    assert.deepEqual(x, { name: 'x', datatype: 'FP32', shape: [2, 2], data: [3, 1, Number.NaN, 2] });
  });

  it('are rows of one where the model wants rows', () => {
    const table = tableOf({ a: ['7', '8'] });
    assert.deepEqual(tensorsOfTable(table, { x: 'a' }, port('INT64', ['batch', 1]))[0]?.shape, [2, 1]);
    assert.deepEqual(tensorsOfTable(table, { x: 'a' }, port('INT64', ['batch']))[0]?.shape, [2]);
  });

  const refused: readonly [string, Parameters<typeof tensorsOfTable>, RegExp][] = [
    [
      'a text for a number',
      [tableOf({ a: ['1', 'two'] }), { x: 'a' }, port('FP32', ['batch'])],
      /has "two" in row 2 of "a"; x takes FP32/,
    ],
    [
      'nothing for an integer',
      [tableOf({ a: ['1', null] }), { x: 'a' }, port('INT64', ['batch'])],
      /has nothing in row 2/,
    ],
    ['a fraction for an integer', [tableOf({ a: [1.5] }), { x: 'a' }, port('INT64', ['batch'])], /has 1.5 in row 1/],
    [
      'a column that is not there',
      [tableOf({ income: ['1'] }), { x: 'incom' }, port('FP32', ['batch'])],
      /has no column "incom"; did you mean "income"\?/,
    ],
    [
      'an input that is not there',
      [tableOf({ a: ['1'] }), { y: 'a' }, port('FP32', ['batch'])],
      /is mapped to "y"; the model has "x"/,
    ],
  ];
  for (const [title, call, why] of refused) {
    it(`refuse ${title}`, () => {
      assert.throws(() => tensorsOfTable(...call), isRefused(why));
    });
  }
});
