import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Field } from '../../../templates/server/http2/field.ts';
import { HeadDecoder } from '../../../templates/server/http2/head-decoder.ts';
import { HeadEncoder } from '../../../templates/server/http2/head-encoder.ts';
import { decodeHuffman } from '../../../templates/server/http2/huffman.ts';
import { END_OF_STRING, SYMBOLS_BY_LENGTH } from '../../../templates/server/http2/huffman-lengths.ts';
import { CODE, ConnectionError } from '../../../templates/server/http2/protocol.ts';
import { RequestHead } from '../../../templates/server/http2/request-head.ts';

/** Bytes from their digits. */
const hex = (digits: string): Buffer => Buffer.from(digits.replace(/\s/g, ''), 'hex');

function fieldsOf(decoder: HeadDecoder, block: Buffer): string[] {
  const fields: string[] = [];
  decoder.decode(block, { add: ({ name, value }: Field) => void fields.push(`${name}: ${value}`) });
  return fields;
}

const REQUESTS = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache'],
  [':method: GET', ':scheme: https', ':path: /index.html', ':authority: www.example.com', 'custom-key: custom-value'],
];

const RESPONSES = [
  [
    ':status: 302',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:21 GMT',
    'location: https://www.example.com',
  ],
  [
    ':status: 307',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:21 GMT',
    'location: https://www.example.com',
  ],
  [
    ':status: 200',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:22 GMT',
    'location: https://www.example.com',
    'content-encoding: gzip',
    'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
  ],
];

/** The examples' table of 256 bytes, which their decoder was told of otherwise. */
const TABLE_OF_256 = '3fe101';

/** RFC 7541, appendix C: blocks that follow one another on a connection, and what they hold. */
const EXAMPLES: readonly (readonly [title: string, blocks: readonly string[], fields: readonly string[][]])[] = [
  [
    'C.2.1 a literal that is kept',
    ['400a637573746f6d2d6b65790d637573746f6d2d686561646572'],
    [['custom-key: custom-header']],
  ],
  ['C.2.2 a literal that is not', ['040c2f73616d706c652f70617468'], [[':path: /sample/path']]],
  ['C.2.3 a literal that never is', ['100870617373776f726406736563726574'], [['password: secret']]],
  ['C.2.4 an index', ['82'], [[':method: GET']]],
  [
    'C.3 requests',
    [
      '828684410f7777772e6578616d706c652e636f6d',
      '828684be58086e6f2d6361636865',
      '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
    ],
    REQUESTS,
  ],
  [
    'C.4 requests in the Huffman code',
    [
      '828684418cf1e3c2e5f23a6ba0ab90f4ff',
      '828684be5886a8eb10649cbf',
      '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
    ],
    REQUESTS,
  ],
  [
    'C.5 responses that push one another out',
    [
      `${TABLE_OF_256}4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d`,
      '4803333037c1c0bf',
      '88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31',
    ],
    RESPONSES,
  ],
  [
    'C.6 the same in the Huffman code',
    [
      `${TABLE_OF_256}488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3`,
      '4883640effc1c0bf',
      '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
    ],
    RESPONSES,
  ],
];

describe('HPACK', () => {
  for (const [title, blocks, wanted] of EXAMPLES) {
    it(`decodes ${title}`, () => {
      const decoder = new HeadDecoder();
      assert.deepEqual(
        blocks.map((block) => fieldsOf(decoder, hex(block))),
        wanted,
      );
    });
  }

  const broken: readonly (readonly [string, string])[] = [
    ['index 0', '80'],
    ['an index beyond the table', 'be'],
    ['a number without end', 'ffffffffffff'],
    ['a number that breaks off', 'ff'],
    ['a text that breaks off', '4003616263'],
    ['a text longer than the block', '000561'],
    ['a table larger than was allowed', '3fe21f'],
    ['a change of the table amid fields', '8220'],
    ['too many changes of the table', '202020'],
    ['Huffman code padded with zeros', '00816000'],
    ['Huffman code padded with a whole byte', '008460ffffff00'],
    ['Huffman code with the end of a text', '0084ffffffff00'],
  ];
  for (const [title, block] of broken) {
    it(`refuses ${title}`, () => {
      assert.throws(
        () => fieldsOf(new HeadDecoder(), hex(block)),
        (error) => error instanceof ConnectionError && error.code === CODE.compression,
      );
    });
  }

  it('keeps nothing of a block, nor of the read that has brought it', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const decoder = new HeadDecoder();
    const decode = (bytes: Buffer): WeakRef<ArrayBufferLike> => {
      fieldsOf(decoder, bytes);
      return new WeakRef(bytes.buffer);
    };
    const reads = [decode(Buffer.from(new Uint8Array(65_536).fill(0x82)))];
    assert.throws(() => {
      const bytes = Buffer.from(new Uint8Array(65_536).fill(0xff));
      reads.push(new WeakRef(bytes.buffer));
      fieldsOf(decoder, bytes);
    });
    // What a weak reference was made of lives until the turn ends.
    await new Promise(setImmediate);
    collect();
    assert.deepEqual(
      reads.map((read) => read.deref()),
      [undefined, undefined],
    );
    assert.deepEqual(fieldsOf(decoder, hex('82')), [':method: GET']);
  });

  it('keeps no more than fits, and nothing of a table that has been made empty', () => {
    const decoder = new HeadDecoder();
    // 60 fields of 70 bytes, and what is read last is the newest.
    for (let index = 0; index < 60; index++) {
      const name = String(index).padStart(19, 'x');
      fieldsOf(decoder, Buffer.from(`\x40\x13${name}\x13${name}`, 'latin1'));
    }
    assert.deepEqual(fieldsOf(decoder, hex('be')), [`${'59'.padStart(19, 'x')}: ${'59'.padStart(19, 'x')}`]);
    // 58 fit.
    assert.deepEqual(fieldsOf(decoder, hex('f7')), [`${'2'.padStart(19, 'x')}: ${'2'.padStart(19, 'x')}`]);
    assert.throws(() => fieldsOf(decoder, hex('f8')), /beyond the table/);
    assert.throws(() => fieldsOf(decoder, hex('20be')), /beyond the table/);
  });

  it('has a Huffman code of 257 symbols that fills the tree, and decodes each of them', () => {
    const codes: { bits: string; value: number }[] = [];
    let code = 0;
    let before = 0;
    for (const [bits, symbols] of SYMBOLS_BY_LENGTH) {
      code *= 2 ** (bits - before);
      before = bits;
      for (const value of symbols) codes.push({ bits: (code++).toString(2).padStart(bits, '0'), value });
    }
    assert.equal(new Set(codes.map(({ value }) => value)).size, 257);
    assert.equal(
      codes.reduce((sum, { bits }) => sum + 2 ** -bits.length, 0),
      1,
    );
    for (const { bits, value } of codes) {
      if (value === END_OF_STRING) continue;
      const padded = bits.repeat(3).padEnd(8 * Math.ceil((3 * bits.length) / 8), '1');
      const bytes = Buffer.from((padded.match(/.{8}/g) ?? []).map((digits) => Number.parseInt(digits, 2)));
      assert.equal(decodeHuffman(bytes, 0, bytes.length), String.fromCharCode(value, value, value));
    }
  });

  describe('of answers', () => {
    const HEAD = [
      [':status', '200'],
      ['content-type', 'application/grpc'],
    ] as const;
    const refused = [...HEAD, ['grpc-status', '3'], ['grpc-message', 'x'.repeat(300)]] as const;
    const text = (fields: readonly (readonly [string, string])[]): string[] => fields.map((field) => field.join(': '));

    it('is read back as it was, with what repeats as one byte', () => {
      const encoder = new HeadEncoder();
      const decoder = new HeadDecoder();
      const ok = ['grpc-status: 0'];
      for (let round = 0; round < 3; round++) {
        assert.deepEqual(fieldsOf(decoder, encoder.openBlock), text(HEAD));
        assert.deepEqual(fieldsOf(decoder, encoder.encode(refused)), text(refused));
        assert.deepEqual(fieldsOf(decoder, encoder.okBlock), ok);
      }
      assert.equal(encoder.openBlock.length, 2);
      assert.equal(encoder.okBlock.length, 1);
    });

    it('is read back whichever of the kept fields comes first, and by a client without a table', () => {
      for (const tableBytes of [undefined, 4096, 100, 0]) {
        const encoder = new HeadEncoder();
        const decoder = new HeadDecoder();
        assert.deepEqual(fieldsOf(decoder, encoder.okBlock), ['grpc-status: 0']);
        if (tableBytes !== undefined) encoder.setTableSize(tableBytes);
        for (let round = 0; round < 3; round++) {
          assert.deepEqual(fieldsOf(decoder, encoder.okBlock), ['grpc-status: 0']);
          assert.deepEqual(fieldsOf(decoder, encoder.openBlock), text(HEAD));
          if (round === 1) encoder.setTableSize(0);
        }
      }
    });
  });

  describe('as a head', () => {
    const head = (fields: readonly (readonly [string, string])[], limitBytes = 1000): RequestHead => {
      const made = new RequestHead(limitBytes);
      new HeadDecoder().decode(new HeadEncoder().encode(fields), made);
      made.finish();
      return made;
    };
    const WHOLE = [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', '/x'],
    ] as const;

    it('holds what the server looks at, each field as it came first', () => {
      const found = head([
        ...WHOLE,
        ['grpc-timeout', '1S'],
        ['grpc-timeout', '2S'],
        ['te', 'trailers'],
        ['x-other', 'é'],
      ]);
      assert.equal(found.flaw, undefined);
      assert.deepEqual([found.method, found.path, found.timeout], ['POST', '/x', '1S']);
    });

    it('takes no more than is allowed', () => {
      assert.equal(head([...WHOLE, ['a', 'b'.repeat(1000)]]).isTooLarge, true);
      assert.equal(head([...WHOLE, ['a', 'b'.repeat(700)]]).isTooLarge, false);
    });

    const flawed: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
      ['without a path', WHOLE.slice(0, 2)],
      ['with an empty path', [...WHOLE.slice(0, 2), [':path', '']]],
      ['with a method twice', [...WHOLE, [':method', 'POST']]],
      ['with a pseudo field that is none', [...WHOLE, [':other', 'x']]],
      ['with a pseudo field behind others', [['a', 'b'], ...WHOLE]],
      ['with capitals', [...WHOLE, ['Accept', 'x']]],
      ['with a space in a name', [...WHOLE, ['a b', 'x']]],
      ['with an empty name', [...WHOLE, ['', 'x']]],
      ['with the end of a line in a value', [...WHOLE, ['a', 'x\r\ny']]],
      ['with a space before a value', [...WHOLE, ['a', ' x']]],
      ['with a connection of HTTP/1', [...WHOLE, ['connection', 'close']]],
      ['with chunks of HTTP/1', [...WHOLE, ['transfer-encoding', 'chunked']]],
      ['with another te', [...WHOLE, ['te', 'gzip']]],
      ['with a length that is none', [...WHOLE, ['content-length', '-1']]],
    ];
    for (const [title, fields] of flawed) {
      it(`is refused ${title}`, () => assert.notEqual(head(fields).flaw, undefined));
    }
  });
});
