import assert from 'node:assert/strict';
import { Places } from '../../../templates/server/http2/places.ts';
import { CODE, FLAG, FRAME, LARGEST_STREAM_ID, PREFACE, SETTING } from '../../../templates/server/http2/protocol.ts';
import { type Http2Stream, WINDOW_BYTES } from '../../../templates/server/http2/stream.ts';
import { RequestError } from '../../../templates/server/request-error.ts';
import {
  block,
  echo,
  type Frame,
  frame,
  POST,
  type RawPeer,
  receiver,
  setting,
  useRawServer,
  words,
} from './raw-peer.ts';

/** A field of 2,000 bytes, as it is. */
const LONG_FIELD = block([['x', 'y'.repeat(1994)]]);

const END = FLAG.endHeaders | FLAG.endStream;
const is = (type: number, id: number) => (one: Frame) => one.type === type && one.id === id;
const isLastOf = (id: number) => (one: Frame) =>
  one.id === id && (one.type === FRAME.headers || one.type === FRAME.data) && (one.flags & FLAG.endStream) !== 0;
const codeOf = ({ type, payload }: Frame): number => payload.readUInt32BE(type === FRAME.goAway ? 4 : 0);

/** Sends a request of some data, in frames as large as they may be. */
function post(peer: RawPeer, id: number, body: Buffer): void {
  peer.send(frame(FRAME.headers, FLAG.endHeaders, id, POST));
  for (let at = 0; at < body.length; at += 16_384) peer.send(frame(FRAME.data, 0, id, body.subarray(at, at + 16_384)));
  peer.send(frame(FRAME.data, FLAG.endStream, id));
}

describe('HTTP/2', () => {
  describe('of a client that keeps to it', () => {
    const { peer: connectPeer, meter } = useRawServer(echo);
    afterEach(() => assert.equal(meter.heldBytes, 0));

    it('answers, wherever its bytes are cut', async () => {
      const bytes = Buffer.concat([
        PREFACE,
        frame(FRAME.settings, 0, 0, setting(SETTING.headerTableSize, 0)),
        frame(
          FRAME.headers,
          FLAG.endHeaders | FLAG.padded | FLAG.priority,
          1,
          Buffer.from([2, ...words(0), 7, ...POST, 0, 0]),
        ),
        frame(FRAME.data, FLAG.padded, 1, Buffer.from('\x03helloxxx')),
        frame(FRAME.priority, 0, 9, Buffer.concat([words(3), Buffer.from([1])])),
        frame(0x42, 0xff, 77, 'unknown'),
        frame(FRAME.data, FLAG.padded | FLAG.endStream, 1, Buffer.from('\x02 worldxx')),
        frame(FRAME.headers, FLAG.endStream, 3, POST.subarray(0, 3)),
        frame(FRAME.continuation, 0, 3),
        frame(FRAME.continuation, FLAG.endHeaders, 3, POST.subarray(3)),
      ]);
      for (const step of [1, 2, 3, 7, 9, 10, 25, 60, bytes.length]) {
        const peer = connectPeer();
        peer.socket.setNoDelay(true);
        for (let at = 0; at < bytes.length; at += step) {
          peer.send(bytes.subarray(at, at + step));
          if (step < 60) await new Promise((resolve) => setImmediate(resolve));
        }
        await peer.frame(isLastOf(1));
        await peer.frame(isLastOf(3));
        assert.equal(peer.bodyOf(1).toString(), 'hello world', `in steps of ${step}`);
        peer.socket.destroy();
      }
    });

    it('acknowledges settings before what they let go, and pings with what they hold', async () => {
      const peer = connectPeer().greet(setting(SETTING.initialWindowSize, 0));
      post(peer, 1, Buffer.from('hello'));
      await peer.frame(is(FRAME.headers, 1));
      peer.send(
        frame(FRAME.settings, 0, 0, setting(SETTING.initialWindowSize, 2)),
        frame(FRAME.ping, 0, 0, '12345678'),
      );
      const pong = await peer.frame(is(FRAME.ping, 0));
      assert.equal(pong.flags, FLAG.ack);
      assert.equal(pong.payload.toString(), '12345678');
      assert.equal(peer.bodyOf(1).toString(), 'he');
      const last = peer.frames.slice(peer.frames.findIndex(is(FRAME.headers, 1)));
      assert.deepEqual(
        last.slice(1).map(({ type }) => type),
        [FRAME.settings, FRAME.data, FRAME.ping],
      );
      peer.send(frame(FRAME.windowUpdate, 0, 1, words(3)));
      await peer.frame(isLastOf(1));
      assert.equal(peer.bodyOf(1).toString(), 'hello');
    });

    it('carries bodies beyond all windows both ways, several at once', async () => {
      const peer = connectPeer().greet();
      const bodies = [1, 3, 5].map((id) => Buffer.alloc(700_000 + id, `body of ${id}`));
      for (const [index, body] of bodies.entries()) post(peer, 2 * index + 1, body);
      peer.send(frame(FRAME.windowUpdate, 0, 0, words(2 ** 30)));
      for (let id = 1; id <= 5; id += 2) {
        // Without this, no more than the default window.
        peer.send(frame(FRAME.ping, 0, 0, `ping---${id}`));
        await peer.frame((one) => one.type === FRAME.ping && one.payload.toString() === `ping---${id}`);
        assert.ok(peer.bodyOf(id).length <= 65_535);
        peer.send(frame(FRAME.windowUpdate, 0, id, words(2 ** 30)));
        await peer.frame(isLastOf(id));
        assert.ok(peer.bodyOf(id).equals(bodies[(id - 1) / 2] ?? Buffer.alloc(0)));
      }
      const widened = peer.frames.filter((one) => one.type === FRAME.windowUpdate);
      assert.ok(widened.some(({ id }) => id === 0) && widened.some(({ id }) => id === 1));
    });

    it('makes no more of an answer than its client reads', async () => {
      const peer = connectPeer().greet(setting(SETTING.initialWindowSize, 2 ** 30));
      peer.send(frame(FRAME.windowUpdate, 0, 0, words(2 ** 30)));
      peer.socket.pause();
      const body = Buffer.alloc(8 * WINDOW_BYTES, 'abc');
      post(peer, 1, body);
      await new Promise((resolve) => setTimeout(resolve, 100));
      peer.socket.resume();
      await peer.frame(isLastOf(1));
      assert.ok(peer.bodyOf(1).equals(body));
    });

    it('lets go of what was reset, and does not mind what was on its way', async () => {
      const peer = connectPeer().greet();
      peer.send(frame(FRAME.headers, FLAG.endHeaders, 1, POST), frame(FRAME.data, 0, 1, 'x'));
      peer.send(frame(FRAME.reset, 0, 1, words(CODE.cancel)), frame(FRAME.windowUpdate, 0, 1, words(5)));
      post(peer, 3, Buffer.from('next'));
      await peer.frame(isLastOf(3));
      assert.deepEqual(
        peer.frames.filter(({ id }) => id === 1),
        [],
      );
    });
  });

  describe('of a body that is taken in parts', () => {
    const taken: string[] = [];
    let stream: Http2Stream | undefined;
    const { peer: connectPeer, meter } = useRawServer((begun) => {
      stream = begun;
      begun.pause();
      return receiver({
        // One letter at a time.
        take(piece) {
          taken.push(piece.toString('latin1', 0, 1));
          begun.pause();
          if (takesOn) begun.resume();
          return takesOn ? undefined : 1;
        },
        end() {
          taken.push('end');
          answer(begun);
        },
      });
    });
    let takesOn = false;
    const post = async (): Promise<RawPeer> => {
      taken.splice(0);
      const peer = connectPeer().greet();
      peer.send(frame(FRAME.headers, FLAG.endHeaders, 1, POST), frame(FRAME.data, 0, 1, 'abc'));
      peer.send(frame(FRAME.data, FLAG.endStream, 1, 'def'), frame(FRAME.ping, 0, 0, 'all came'));
      await peer.frame(is(FRAME.ping, 0));
      assert.equal(meter.heldBytes, 6);
      return peer;
    };

    it('gives the rest and then the end, each when it is asked for', async () => {
      takesOn = false;
      const peer = await post();
      for (const [index, letter] of [...'abcdef'].entries()) {
        stream?.resume();
        assert.deepEqual([taken.at(-1), meter.heldBytes], [letter, 5 - index]);
      }
      stream?.resume();
      await peer.frame(isLastOf(1));
      assert.deepEqual(taken, [...'abcdef', 'end']);
    });

    it('gives the end after all pieces to who asks for more while it takes one', async () => {
      takesOn = true;
      const peer = await post();
      stream?.resume();
      await peer.frame(isLastOf(1));
      assert.deepEqual([taken, meter.heldBytes], [['a', 'd', 'end'], 0]);
    });
  });

  describe('of an answer that is longer than its client has room for', () => {
    const told: string[] = [];
    const { peer: connectPeer } = useRawServer((stream) =>
      receiver({
        end() {
          const [first, second] = [Buffer.alloc(60_000), Buffer.alloc(60_000)];
          stream.open();
          stream.write([first], first.length, () => told.push('first'));
          stream.write([second], second.length, () => told.push('second'));
          stream.end([]);
          told.push('written');
        },
      }),
    );
    beforeEach(() => told.splice(0));

    it('says when nobody looks at its pieces any more', async () => {
      const peer = connectPeer().greet();
      post(peer, 1, Buffer.alloc(1));
      await peer.frame((one) => is(FRAME.data, 1)(one) && peer.bodyOf(1).length > 65_000);
      assert.deepEqual(told, ['first', 'written']);
      peer.send(frame(FRAME.windowUpdate, 0, 0, words(2 ** 20)), frame(FRAME.windowUpdate, 0, 1, words(2 ** 20)));
      await peer.frame(isLastOf(1));
      assert.deepEqual(told, ['first', 'written', 'second']);
    });

    it('says so too where its client does not want the rest', async () => {
      const peer = connectPeer().greet();
      post(peer, 1, Buffer.alloc(1));
      await peer.frame((one) => is(FRAME.data, 1)(one) && peer.bodyOf(1).length > 65_000);
      peer.send(frame(FRAME.reset, 0, 1, words(CODE.cancel)), frame(FRAME.ping, 0, 0, 'anything'));
      await peer.frame(({ type, flags }) => type === FRAME.ping && (flags & FLAG.ack) !== 0);
      assert.deepEqual(told, ['first', 'written', 'second']);
    });
  });

  describe('of a client that does not', () => {
    const { peer: connectPeer, meter } = useRawServer(echo, { streams: 5, headerBytes: 2000 });
    after(() => assert.equal(meter.heldBytes, 0));
    const open = frame(FRAME.headers, FLAG.endHeaders, 1, POST);
    const get = (id: number, fields: readonly (readonly [string, string])[]) =>
      frame(FRAME.headers, END, id, block(fields));
    const HEAD = [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', '/x'],
    ] as const;

    const fatal: readonly (readonly [title: string, code: number, ...frames: Uint8Array[]])[] = [
      ['a frame larger than allowed', CODE.frameSize, frame(FRAME.headers, END, 1, Buffer.alloc(16_385))],
      ['a ping of a wrong length', CODE.frameSize, frame(FRAME.ping, 0, 0, '1234567')],
      ['a ping on a stream', CODE.protocol, frame(FRAME.ping, 0, 1, '12345678')],
      ['settings of a wrong length', CODE.frameSize, frame(FRAME.settings, 0, 0, '12345')],
      ['settings on a stream', CODE.protocol, frame(FRAME.settings, 0, 1)],
      ['an acknowledgement that holds something', CODE.frameSize, frame(FRAME.settings, FLAG.ack, 0, '123456')],
      ['push that is neither on nor off', CODE.protocol, frame(FRAME.settings, 0, 0, setting(SETTING.enablePush, 2))],
      ['too wide a window', CODE.flowControl, frame(FRAME.settings, 0, 0, setting(SETTING.initialWindowSize, 2 ** 31))],
      ['too small a frame', CODE.protocol, frame(FRAME.settings, 0, 0, setting(SETTING.maxFrameSize, 16_383))],
      ['too large a frame', CODE.protocol, frame(FRAME.settings, 0, 0, setting(SETTING.maxFrameSize, 2 ** 24))],
      ['a promise', CODE.protocol, frame(FRAME.pushPromise, FLAG.endHeaders, 1, words(2))],
      ['a stream of the server', CODE.protocol, frame(FRAME.headers, END, 2, POST)],
      ['a head of no stream', CODE.protocol, frame(FRAME.headers, END, 0, POST)],
      [
        'a stream below the last one',
        CODE.streamClosed,
        frame(FRAME.headers, END, 5, POST),
        frame(FRAME.headers, END, 3, POST),
      ],
      ['data of no stream', CODE.protocol, frame(FRAME.data, 0, 0, 'x')],
      ['data of a stream that has not begun', CODE.protocol, frame(FRAME.data, 0, 1, 'x')],
      ['a reset of a stream that has not begun', CODE.protocol, frame(FRAME.reset, 0, 1, words(0))],
      ['a reset of a wrong length', CODE.frameSize, open, frame(FRAME.reset, 0, 1, '123')],
      ['a window of a stream that has not begun', CODE.protocol, frame(FRAME.windowUpdate, 0, 1, words(1))],
      ['a window widened by nothing', CODE.protocol, frame(FRAME.windowUpdate, 0, 0, words(0))],
      ['a window widened too far', CODE.flowControl, frame(FRAME.windowUpdate, 0, 0, words(2 ** 31 - 1))],
      ['a window of a wrong length', CODE.frameSize, frame(FRAME.windowUpdate, 0, 0, '123')],
      [
        'more padding than bytes in data',
        CODE.protocol,
        open,
        frame(FRAME.data, FLAG.padded, 1, Buffer.from([4, 1, 1])),
      ],
      [
        'more padding than bytes in a head',
        CODE.protocol,
        frame(FRAME.headers, END | FLAG.padded, 1, Buffer.from([4, 1, 1])),
      ],
      ['a head that goes on from none', CODE.protocol, frame(FRAME.continuation, FLAG.endHeaders, 1, POST)],
      ['a frame amid a head', CODE.protocol, frame(FRAME.headers, 0, 1, POST), frame(FRAME.ping, 0, 0, '12345678')],
      ['data amid a head', CODE.protocol, open, frame(FRAME.headers, 0, 3, POST), frame(FRAME.data, 0, 1, 'x')],
      [
        'another head amid a head',
        CODE.protocol,
        frame(FRAME.headers, 0, 1, POST),
        frame(FRAME.continuation, 4, 3, POST),
      ],
      ['a head that cannot be decoded', CODE.compression, frame(FRAME.headers, END, 1, Buffer.from([0x80]))],
      [
        'a stream that depends on itself',
        CODE.protocol,
        frame(FRAME.priority, 0, 3, Buffer.concat([words(3), Buffer.from([1])])),
      ],
      ['a priority of a wrong length', CODE.frameSize, frame(FRAME.priority, 0, 3, words(1))],
      ['a head larger than allowed', CODE.enhanceYourCalm, frame(FRAME.headers, END, 1, Buffer.alloc(8001))],
      [
        'a head that never ends',
        CODE.enhanceYourCalm,
        frame(FRAME.headers, 0, 1, POST),
        ...Array.from({ length: 200 }, () => frame(FRAME.continuation, 0, 1)),
      ],
      [
        'a head that ends too late',
        CODE.enhanceYourCalm,
        frame(FRAME.headers, 0, 1, POST),
        ...Array.from({ length: 9 }, () => frame(FRAME.continuation, 0, 1, Buffer.alloc(1000))),
      ],
      [
        'pings without end',
        CODE.enhanceYourCalm,
        ...Array.from({ length: 10_000 }, () => frame(FRAME.ping, 0, 0, '12345678')),
      ],
      [
        'settings without end',
        CODE.enhanceYourCalm,
        ...Array.from({ length: 10_000 }, () => frame(FRAME.settings, 0, 0)),
      ],
      [
        'empty data without end',
        CODE.enhanceYourCalm,
        open,
        ...Array.from({ length: 10_000 }, () => frame(FRAME.data, 0, 1)),
      ],
      ['unknown frames without end', CODE.enhanceYourCalm, ...Array.from({ length: 10_000 }, () => frame(0x42, 0, 0))],
      [
        'streams that begin and are reset without end',
        CODE.enhanceYourCalm,
        ...Array.from({ length: 10_000 }, (_, index) => [
          frame(FRAME.headers, FLAG.endHeaders, 2 * index + 1, POST),
          frame(FRAME.reset, 0, 2 * index + 1, words(CODE.cancel)),
        ]).flat(),
      ],
      [
        'streams beyond those allowed without end',
        CODE.enhanceYourCalm,
        ...Array.from({ length: 10_000 }, (_, index) => frame(FRAME.headers, FLAG.endHeaders, 2 * index + 1, POST)),
      ],
    ];
    for (const [title, code, ...frames] of fatal) {
      it(`ends the connection for ${title}`, async () => {
        const peer = connectPeer()
          .greet()
          .send(...frames);
        assert.equal(codeOf(await peer.frame(is(FRAME.goAway, 0))), code);
        peer.socket.end();
        await peer.closed();
      });
    }

    const single: readonly (readonly [title: string, code: number, ...frames: Uint8Array[]])[] = [
      ['a head without a path', CODE.protocol, get(1, HEAD.slice(0, 2))],
      ['a head with capitals', CODE.protocol, get(1, [...HEAD, ['X', 'y']])],
      [
        'more of a body than was announced',
        CODE.protocol,
        frame(FRAME.headers, FLAG.endHeaders, 1, block([...HEAD, ['content-length', '2']])),
        frame(FRAME.data, 0, 1, 'abc'),
      ],
      ['less of a body than was announced', CODE.protocol, get(1, [...HEAD, ['content-length', '2']])],
      ['data behind the end', CODE.streamClosed, frame(FRAME.headers, END, 1, POST), frame(FRAME.data, 0, 1, 'x')],
      [
        'a head behind the end',
        CODE.streamClosed,
        frame(FRAME.headers, END, 1, POST),
        frame(FRAME.headers, END, 1, POST),
      ],
      ['trailers that are no end', CODE.protocol, open, frame(FRAME.headers, FLAG.endHeaders, 1, block([['a', 'b']]))],
      ['trailers with a path', CODE.protocol, open, frame(FRAME.headers, END, 1, POST)],
      ['a window widened by nothing', CODE.protocol, open, frame(FRAME.windowUpdate, 0, 1, words(0))],
      ['a window widened too far', CODE.flowControl, open, frame(FRAME.windowUpdate, 0, 1, words(2 ** 31 - 1))],
    ];
    // Answers of these come a little later, so that what follows their end finds them open.
    const late = useRawServer((stream) => receiver({ end: () => void setTimeout(() => answer(stream), 50) }));
    for (const [title, code, ...frames] of single) {
      it(`ends the stream alone for ${title}`, async () => {
        const peer = late
          .peer()
          .greet()
          .send(...frames);
        assert.equal(codeOf(await peer.frame(is(FRAME.reset, 1))), code);
        peer.send(frame(FRAME.headers, END, 3, POST));
        await peer.frame(isLastOf(3));
      });
    }

    it('refuses streams beyond those allowed, in a way that lets them be tried again', async () => {
      const peer = connectPeer().greet();
      for (let id = 1; id <= 11; id += 2) peer.send(frame(FRAME.headers, FLAG.endHeaders, id, POST));
      assert.equal(codeOf(await peer.frame(is(FRAME.reset, 11))), CODE.refusedStream);
      peer.send(frame(FRAME.data, FLAG.endStream, 11, 'late'), frame(FRAME.data, FLAG.endStream, 1, 'x'));
      await peer.frame(isLastOf(1));
    });

    it('refuses those beyond what all connections may have together, and takes more when some are over', async () => {
      const [one, other] = [few.peer().greet(), few.peer().greet()];
      const begin = (peer: RawPeer, ...ids: number[]): RawPeer =>
        peer.send(...ids.map((id) => frame(FRAME.headers, FLAG.endHeaders, id, POST)));
      // Four of their own each, and three that they share.
      begin(one, 1, 3, 5, 7, 9, 11).send(frame(FRAME.ping, 0, 0, 'allbegun'));
      await one.frame(is(FRAME.ping, 0));
      begin(other, 1, 3, 5, 7, 9, 11);
      assert.equal(codeOf(await other.frame(is(FRAME.reset, 11))), CODE.refusedStream);
      other.send(frame(FRAME.data, FLAG.endStream, 1));
      await other.frame(isLastOf(1));
      begin(other, 13, 15);
      assert.equal(codeOf(await other.frame(is(FRAME.reset, 15))), CODE.refusedStream);
      one.socket.destroy();
      while (few.connections[0]?.socket.destroyed !== true) await new Promise(setImmediate);
      begin(other, 17, 19, 21);
      assert.equal(codeOf(await other.frame(is(FRAME.reset, 21))), CODE.refusedStream);
      const refused = other.frames.filter(({ type }) => type === FRAME.reset).map(({ id }) => id);
      assert.deepEqual(refused, [11, 15, 21]);
    });
    const few = useRawServer(echo, { places: new Places(3) });

    it('counts heads in pieces, as far as they are long, and lets go of them', async () => {
      const peer = stalled.peer().greet();
      const [half, rest] = [POST.subarray(0, 3), POST.subarray(3)];
      peer.send(frame(FRAME.headers, 0, 1, half), frame(FRAME.continuation, FLAG.endHeaders, 1, rest));
      peer.send(frame(FRAME.headers, 0, 3, Buffer.concat([POST, LONG_FIELD])));
      while (stalled.meter.heldBytes === 0) await new Promise(setImmediate);
      assert.equal(stalled.meter.heldBytes, POST.length + LONG_FIELD.length);
      peer.send(frame(FRAME.continuation, 0, 3, LONG_FIELD).subarray(0, 1500));
      while (stalled.meter.heldBytes < 3500) await new Promise(setImmediate);
      assert.equal(stalled.meter.heldBytes, POST.length + LONG_FIELD.length + 1500);
      peer.send(frame(FRAME.continuation, 0, 3, LONG_FIELD).subarray(1500));
      peer.send(frame(FRAME.continuation, FLAG.endHeaders, 3));
      while (stalled.meter.heldBytes > 0) await new Promise(setImmediate);
      peer.send(frame(FRAME.headers, 0, 5, LONG_FIELD));
      while (stalled.meter.heldBytes === 0) await new Promise(setImmediate);
      peer.socket.destroy();
      while (stalled.meter.heldBytes > 0) await new Promise(setImmediate);
    });

    it('ends the connection where there is no memory for a head in pieces', async () => {
      const peer = taken.peer().greet();
      peer.send(frame(FRAME.headers, 0, 1, POST.subarray(0, 3)));
      peer.send(frame(FRAME.continuation, FLAG.endHeaders, 1, POST.subarray(3)), frame(FRAME.data, END, 1));
      await peer.frame(isLastOf(1));
      peer.send(frame(FRAME.headers, 0, 3, LONG_FIELD));
      assert.equal(codeOf(await peer.frame(is(FRAME.goAway, 0))), CODE.enhanceYourCalm);
      assert.equal(taken.meter.heldBytes, 0);
    });
    const taken = useRawServer(echo, {
      meter: {
        hold(bytes) {
          if (bytes > 0) throw new RequestError(429, 'memory is taken');
        },
        add() {},
        release(bytes) {
          assert.equal(bytes, 0);
        },
      },
    });

    it('refuses more data than the window has room for', async () => {
      const silent = stalled.peer().greet().send(open);
      for (let sent = 0; sent <= WINDOW_BYTES; sent += 16_384)
        silent.send(frame(FRAME.data, 0, 1, Buffer.alloc(16_384)));
      assert.equal(codeOf(await silent.frame(is(FRAME.reset, 1))), CODE.flowControl);
      assert.ok(stalled.meter.mostBytes >= WINDOW_BYTES - 16_384 && stalled.meter.mostBytes <= WINDOW_BYTES);
      assert.equal(stalled.meter.heldBytes, 0);
    });
    const stalled = useRawServer((stream) => {
      stream.pause();
      return receiver({});
    });

    for (const [title, bytes] of [
      ['TLS', Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])],
      ['another version', Buffer.concat([PREFACE.subarray(0, 20), Buffer.from('....')])],
      ['words of its own', Buffer.from('INVALID CONNECTION PREFACE\r\n\r\n')],
      ['no settings', Buffer.concat([PREFACE, frame(FRAME.ping, 0, 0, '12345678')])],
      ['no settings of its own', Buffer.concat([PREFACE, frame(FRAME.settings, FLAG.ack, 0)])],
      ['data before settings', Buffer.concat([PREFACE, frame(FRAME.data, 0, 1, 'x')])],
    ] as const) {
      it(`ends the connection that begins with ${title}`, async () => {
        const peer = connectPeer().send(bytes);
        assert.equal(codeOf(await peer.frame(is(FRAME.goAway, 0))), CODE.protocol);
        peer.socket.end();
        await peer.closed();
      });
    }

    for (const [title, ...pieces] of [
      ['a request of HTTP/1', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'],
      ['one in pieces', 'P', 'OST / HTTP/1.0\r\n'],
      ['a part of its first line', 'HEAD /a/long/path'],
    ] as const) {
      it(`has only words for the one that begins with ${title}`, async () => {
        const peer = connectPeer();
        const { socket } = peer;
        let answer = '';
        socket.on('data', (piece) => {
          answer += piece;
        });
        for (const piece of pieces) {
          socket.write(piece);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        await peer.closed();
        assert.equal(answer, 'no HTTP/2');
      });
    }
  });

  describe('of a client that is slow', () => {
    const { peer: connectPeer, connections, meter } = useRawServer(echo, { headersMs: 1000, silenceMs: 2000 });
    const look = (later: number): void => {
      for (const connection of connections) connection.checkTime(performance.now() + later);
    };

    for (const [title, bytes] of [
      ['its greeting', PREFACE.subarray(0, 10)],
      ['its settings', PREFACE],
    ] as const) {
      it(`waits for ${title} as long as it may`, async () => {
        const peer = connectPeer().send(bytes);
        await peer.frame(is(FRAME.settings, 0));
        look(900);
        assert.equal(peer.isClosed, false);
        look(1100);
        await peer.closed();
      });
    }

    for (const [title, bytes] of [
      ['a frame', frame(FRAME.ping, 0, 0, '12345678').subarray(0, 12)],
      ['a head', frame(FRAME.headers, 0, 1, POST)],
    ] as const) {
      it(`waits for the rest of ${title} as long as it may`, async () => {
        const peer = connectPeer().greet(setting(SETTING.initialWindowSize, 1)).send(bytes);
        await peer.frame((one) => one.type === FRAME.settings && one.flags === FLAG.ack);
        look(0);
        look(900);
        await new Promise((resolve) => setTimeout(resolve, 20));
        assert.equal(peer.isClosed, false);
        look(1100);
        await peer.closed();
      });
    }

    it('cuts an answer that nobody reads', async () => {
      const peer = connectPeer().greet(setting(SETTING.initialWindowSize, 1));
      post(peer, 1, Buffer.from('hello'));
      await peer.frame(is(FRAME.data, 1));
      look(1900);
      assert.ok(meter.heldBytes > 0);
      look(2100);
      assert.equal(codeOf(await peer.frame(is(FRAME.reset, 1))), CODE.cancel);
      assert.equal(meter.heldBytes, 0);
    });
  });

  describe('of an answer that comes before all of the request', () => {
    const { peer: connectPeer, connections } = useRawServer((stream) => {
      stream.refuse([
        [':status', '200'],
        ['grpc-status', '3'],
      ]);
      return receiver({});
    });

    it('takes what is sent on, and says at last that it is too much', async () => {
      const peer = connectPeer().greet();
      peer.send(frame(FRAME.headers, FLAG.endHeaders, 1, POST));
      await peer.frame(isLastOf(1));
      for (let sent = 0; sent <= WINDOW_BYTES / 2; sent += 16_384)
        peer.send(frame(FRAME.data, 0, 1, Buffer.alloc(16_384)));
      assert.equal(codeOf(await peer.frame(is(FRAME.reset, 1))), CODE.none);
      // Still on its way when that was sent.
      peer.send(frame(FRAME.data, FLAG.endStream, 1, 'x'), frame(FRAME.headers, END, 3, POST));
      await peer.frame(isLastOf(3));
    });

    it('does not wait for its end for ever', async () => {
      const peer = connectPeer().greet();
      peer.send(frame(FRAME.headers, FLAG.endHeaders, 1, POST));
      await peer.frame(isLastOf(1));
      for (const connection of connections) connection.checkTime(performance.now() + 60_000);
      assert.equal(codeOf(await peer.frame(is(FRAME.reset, 1))), CODE.none);
    });
  });

  describe('of a server that leaves', () => {
    const { peer: connectPeer, connections } = useRawServer(echo);

    it('warns, serves what was on its way, refuses what comes later, and ends with the last answer', async () => {
      const peer = connectPeer().greet();
      peer.send(frame(FRAME.headers, FLAG.endHeaders, 1, POST));
      await peer.frame((one) => one.type === FRAME.settings && one.flags === FLAG.ack);
      const [connection] = connections;
      const noted = new Promise<void>((resolve) => connection?.warn(resolve));
      const warning = await peer.frame(is(FRAME.goAway, 0));
      assert.equal(warning.payload.readUInt32BE(0), LARGEST_STREAM_ID);
      const ping = await peer.frame(is(FRAME.ping, 0));
      peer.send(frame(FRAME.headers, END, 3, POST), frame(FRAME.ping, FLAG.ack, 0, ping.payload));
      await noted;
      connection?.leave();
      const last = await peer.frame((one) => one.type === FRAME.goAway && one !== warning);
      assert.equal(last.payload.readUInt32BE(0), 3);
      peer.send(frame(FRAME.headers, FLAG.endHeaders, 5, POST), frame(FRAME.data, 0, 5, 'x'));
      peer.send(frame(FRAME.windowUpdate, 0, 5, words(1)), frame(FRAME.reset, 0, 5, words(CODE.cancel)));
      peer.send(frame(FRAME.data, FLAG.endStream, 1, 'last'));
      await peer.closed();
      assert.equal(peer.bodyOf(1).toString(), 'last');
      assert.ok(peer.frames.some(isLastOf(3)) && !peer.frames.some(({ id }) => id === 5));
    });

    it('does not wait for ever for a client to close its side', async () => {
      const peer = connectPeer().greet();
      await peer.frame((one) => one.type === FRAME.settings && one.flags === FLAG.ack);
      const connection = connections[connections.length - 1];
      peer.socket.allowHalfOpen = true;
      connection?.leave();
      await peer.frame(is(FRAME.goAway, 0));
      connection?.checkTime(performance.now() + 9000);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(connection?.socket.destroyed, false);
      connection?.checkTime(performance.now() + 11_000);
      assert.equal(connection?.socket.destroyed, true);
    });

    it('ends with the last answer where it is the client that leaves', async () => {
      const peer = connectPeer().greet();
      peer.send(frame(FRAME.headers, FLAG.endHeaders, 1, POST), frame(FRAME.goAway, 0, 0, words(0, 0)));
      peer.send(frame(FRAME.data, FLAG.endStream, 1, 'x'));
      await peer.closed();
      assert.ok(peer.frames.some(isLastOf(1)));
    });
  });
});

function answer(stream: Http2Stream): void {
  if (stream.isReset) return;
  stream.open();
  stream.end('ok');
}
