import assert from 'node:assert/strict';
import { deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { compress, decompress, isCompressed } from '../../templates/server/content-coding.ts';
import { HttpCaller } from '../../templates/server/http/caller.ts';
import type { Exchange, Reply } from '../../templates/server/http/exchange.ts';
import { Trails } from '../../templates/server/observe/trails.ts';

const MIB = 2 ** 20;

describe('compressing answers', () => {
  it('is for those that gain by it and whose copy is small', () => {
    assert.deepEqual([4095, 4096, MIB, MIB + 1].map(isCompressed), [false, true, true, false]);
  });

  it('takes all in turn, however many there are', async () => {
    const texts = Array.from({ length: 20 }, (_, index) => Buffer.alloc(20_000 + index, `${index},`));
    const packed = await Promise.all(texts.map((text, index) => compress(text, index % 2 ? 'gzip' : 'deflate')));
    assert.deepEqual(
      packed.map((bytes, index) => (index % 2 ? gunzipSync : inflateSync)(bytes)),
      texts,
    );
  });

  for (const [bytes, coding] of [
    [MIB, 'gzip'],
    [MIB + 1, undefined],
  ] as const) {
    it(`sends ${bytes} bytes ${coding ? 'packed' : 'as they are'} to a client that accepts both`, async () => {
      const sent: Reply[] = [];
      const exchange = {
        head: { method: 'POST', headers: { 'accept-encoding': 'gzip, deflate' } },
        connection: {},
        isWaiting: () => true,
        isWithheld: false,
        begunMs: 0,
        send: (reply: Reply) => sent.push(reply) > 0,
      } as unknown as Exchange;
      const trails = new Trails({ log: undefined, exporter: undefined });
      const caller = new HttpCaller(exchange, { isClosing: () => false, onAnswer() {}, trails });
      const body = Buffer.alloc(bytes, 'x');
      const settled = caller.answer({ status: 200, body: [body] });
      assert.equal(settled === undefined, coding === undefined);
      await settled;
      const fields = sent[0]?.fields ?? [];
      assert.equal(fields.includes('content-encoding'), coding !== undefined);
      const whole = Buffer.concat(sent[0]?.body as Uint8Array[]);
      assert.deepEqual(coding ? gunzipSync(whole) : whole, body);
    });
  }
});

describe('inflating bodies', () => {
  const body = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * index) % 251));
  const lying = (bytes: number): Buffer => {
    const packed = gzipSync(body);
    packed.writeUInt32LE(bytes, packed.length - 4);
    return packed;
  };

  for (const [title, packed, coding] of [
    ['gzip', gzipSync(body), 'gzip'],
    ['gzip in two members', Buffer.concat([gzipSync(body.subarray(0, 1000)), gzipSync(body.subarray(1000))]), 'gzip'],
    ['gzip with zeros behind it', Buffer.concat([gzipSync(body), Buffer.alloc(9)]), 'gzip'],
    ['zlib', deflateSync(body), 'deflate'],
    ['bare deflate', deflateRawSync(body), 'deflate'],
  ] as const) {
    it(`gives what was packed, laid as it is wanted: ${title}`, async () => {
      const inflated = await decompress(packed, coding, body.length, 5);
      assert.ok(inflated.equals(body));
      assert.equal(inflated.byteOffset, 5);
    });
  }

  it('takes one buffer of the length that gzip tells', async () => {
    const { buffer } = await decompress(gzipSync(body), 'gzip', 2 ** 25, 5);
    assert.equal(buffer.byteLength, body.length + 5);
  });

  for (const [title, packed, status] of [
    ['a length that lies', lying(2 ** 32 - 1), 400],
    ['another length that lies', lying(3), 400],
    ['an end that is missing', gzipSync(body).subarray(0, -20), 400],
    ['nothing', Buffer.alloc(0), 400],
    ['more than is taken', gzipSync(Buffer.alloc(body.length + 1)), 413],
  ] as const) {
    it(`refuses ${title}`, async () => {
      await assert.rejects(decompress(packed, 'gzip', body.length), { status });
    });
  }
});
