import assert from 'node:assert/strict';
import { gunzipSync, inflateSync } from 'node:zlib';
import { compress, isCompressed } from '../../templates/server/content-coding.ts';
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
