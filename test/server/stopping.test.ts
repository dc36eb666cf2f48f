import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { Connections } from '../../templates/server/http/connections.ts';
import { makeHttpServer } from '../../templates/server/http/server.ts';
import { Trails } from '../../templates/server/observe/trails.ts';
import type { Caller, Route } from '../../templates/server/router.ts';
import { TestMeter } from './http2/raw-peer.ts';

describe('A connection of HTTP/1.1 with requests under way when the server has stopped taking them', () => {
  const framings = {
    'of a declared length': 'content-length: 1\r\n\r\nx',
    'in chunks': 'transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
  };
  for (const [title, body] of Object.entries(framings)) {
    it(`has them all answered, and no more read: bodies ${title}`, async () => {
      const callers: Caller[] = [];
      const route: Route = { method: 'POST', assertOpen() {}, accept: (_, caller) => void callers.push(caller) };
      const connections = new Connections(() => {});
      const server = makeHttpServer({
        routes: new Map([['/x', route]]),
        body: { limitBytes: 100, meter: new TestMeter() },
        gate: undefined,
        isClosing: () => true,
        onAnswer() {},
        trails: new Trails({ log: undefined, exporter: undefined }),
        options: { headerBytes: 2000, headersMs: 10_000, requestMs: 10_000, silenceMs: 10_000, connections: 10 },
        secure: false,
        connections,
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const request = `POST /x HTTP/1.1\r\nhost: x\r\n${body}`;
      const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
      const closed = once(client, 'close');
      let text = '';
      client.setEncoding('latin1').on('data', (piece: string) => {
        text += piece;
      });
      client.write(request.repeat(3));
      while (callers.length < 3) await sleep(10);
      const drained = connections.drain(server, 3000);
      // Of which half is for clients that always have something under way.
      await sleep(1800);
      client.write(request);
      await sleep(100);
      assert.equal(callers.length, 3);
      for (const caller of callers) {
        caller.answer({ status: 200, body: '{}' });
        await sleep(20);
      }
      await closed;
      assert.equal(await drained, true);
      const heads = text.split('{}').slice(0, -1);
      assert.deepEqual(
        heads.map((head) => /\r\nconnection: close\r\n/i.test(head)),
        [false, false, true],
      );
    });
  }
});

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
