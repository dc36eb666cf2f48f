import type { Socket } from 'node:net';
import type { BodyMeter } from '../job.ts';
import type { LentReads } from '../lent-reads.ts';
import { ConnectionWindow } from './connection-window.ts';
import { FrameReader, type FrameSink } from './frame-reader.ts';
import { assertPriority, type FrameFacts, type HeadBlock, HeadCollector } from './head-collector.ts';
import { HeadDecoder } from './head-decoder.ts';
import { HeldParts } from './held-parts.ts';
import type { Places } from './places.ts';
import {
  CODE,
  ConnectionError,
  FLAG,
  FRAME,
  LARGEST_STREAM_ID,
  PrefaceError,
  protocolError,
  SETTING,
} from './protocol.ts';
import { RequestHead } from './request-head.ts';
import { Sender } from './sender.ts';
import { readSettings, writeSettings } from './settings.ts';
import { Http2Stream, type Receiver, type StreamHost, WINDOW_BYTES } from './stream.ts';
import { StreamTable } from './stream-table.ts';

export interface ConnectionOptions {
  /** Largest head, as it comes and as it is decoded. */
  readonly headerBytes: number;
  /** Most streams at once. */
  readonly streams: number;
  /** For those beyond a few, of all connections together. */
  readonly places: Places;
  /** How long the greeting, and any frame or head in pieces, may take to arrive. */
  readonly headersMs: number;
  /** How long nothing may move, either way or of an answer. */
  readonly silenceMs: number;
  readonly meter: BodyMeter;
  /** What is sent to a client that speaks HTTP/1, before its connection is closed. */
  readonly answerToHttp1: () => string;
  /** A request has come in; gives what becomes of its body, if there is any interest in it. */
  readonly onRequest: (stream: Http2Stream, head: RequestHead) => Receiver | undefined;
  /** Told of every connection and stream that begins or ends. */
  readonly onTraffic: () => void;
}

/** What a client sends on after its answer; more than this, and the stream is cut. It may not see the answer if that is done at once. */
const DISCARDED_BYTES = WINDOW_BYTES / 2;

/** How long a client may leave its body without an end after the answer. */
const DISCARDING_MS = 10_000;

/** How long a client has to close its side when this one has said its last. */
const CLOSING_MS = 10_000;

const PING_BYTES = 8;
const FAREWELL = Buffer.from('farewell');
const NOTHING = Buffer.alloc(0);

/** One client's connection: what it sends is held against the protocol and handed to its streams. */
export class Http2Connection implements FrameSink, StreamHost {
  readonly socket: Socket;
  readonly sender: Sender;
  readonly #options: ConnectionOptions;
  readonly #reader = new FrameReader(this);
  readonly #heads: HeadCollector;
  readonly #decoder = new HeadDecoder();
  readonly #window: ConnectionWindow;
  readonly #parts: HeldParts;
  readonly #streams: StreamTable;
  readonly #begunMs = performance.now();
  #nowMs = this.#begunMs;
  /** Of the frame of data that is being read; `undefined` where nobody wants it. */
  #dataStream: Http2Stream | undefined;
  /** Since when a frame or head is in pieces, and how many frames there had been. */
  #midwaySinceMs = 0;
  #midwayFrames = -1;
  #isGreeted = false;
  /** Whether the client's settings have come. */
  #hasGreeted = false;
  #isPaused = false;
  #isLeaving = false;
  #hasEnded = false;
  #endedMs = Number.POSITIVE_INFINITY;
  #onFarewell: (() => void) | undefined;

  /** `lent` where the socket hands its reads in where they lie. */
  constructor(socket: Socket, options: ConnectionOptions, lent?: LentReads) {
    this.socket = socket;
    this.#options = options;
    this.#streams = new StreamTable(options);
    this.#heads = new HeadCollector(options.headerBytes);
    this.#parts = new HeldParts(options.meter);
    this.sender = new Sender(socket, options.meter, () => this.#readOn());
    this.#window = new ConnectionWindow(this.sender);
    socket.setTimeout(options.silenceMs);
    if (lent) {
      lent.take = this.#onData;
      socket.resume();
    } else socket.on('data', this.#onData);
    socket.on('timeout', () => (this.#streams.size === 0 && !this.#isLeaving ? this.leave() : socket.destroy()));
    socket.on('close', () => {
      this.#closeStreams();
      this.#dropParts();
      this.sender.close();
    });
    // What is wrong shows by the connection's end.
    socket.on('error', () => {});
  }

  get client(): string | undefined {
    return this.socket.remoteAddress;
  }

  /** Ends what has been waiting for its client for too long. */
  checkTime(nowMs: number): void {
    const { headersMs, silenceMs } = this.#options;
    if (this.#isMidway && this.#reader.frames === this.#midwayFrames) {
      if (nowMs - this.#midwaySinceMs > headersMs) this.socket.destroy();
    } else {
      this.#midwaySinceMs = nowMs;
      this.#midwayFrames = this.#isMidway ? this.#reader.frames : -1;
    }
    if (!this.#hasGreeted && nowMs - this.#begunMs > headersMs) this.socket.destroy();
    if (nowMs - this.#endedMs > CLOSING_MS) this.socket.destroy();
    for (const stream of this.#streams.all) {
      stream.receiver?.checkTime(nowMs);
      const waitsMs = nowMs - stream.waitsSinceMs;
      if (stream.queuedBytes > 0 && waitsMs > silenceMs) stream.reset(CODE.cancel);
      else if (stream.hasLocalEnded && waitsMs > DISCARDING_MS) stream.reset(CODE.none);
    }
  }

  /** Not before it is known that the client is none of HTTP/1, which could not read it. */
  greet(): void {
    if (this.#isGreeted) return;
    this.#isGreeted = true;
    this.sender.send(FRAME.settings, 0, 0, greetingOf(this.#options));
    this.#window.open();
  }

  /** Tells the client to make its next requests elsewhere; `onNoted` is called when it has taken note, or has gone. */
  warn(onNoted: () => void): void {
    this.#onFarewell = onNoted;
    this.greet();
    this.sender.sendWords(FRAME.goAway, 0, LARGEST_STREAM_ID, CODE.none);
    this.sender.send(FRAME.ping, 0, 0, FAREWELL);
  }

  /** Serves what has come in, and ends with the last of it. */
  leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.greet();
    this.#streams.beginNoMore();
    this.sender.sendWords(FRAME.goAway, 0, this.#streams.lastId, CODE.none);
    this.#endIfDone();
  }

  consumed(stream: Http2Stream, bytes: number): void {
    this.#window.acknowledge(bytes);
    stream.unacknowledged += bytes;
    // After the answer no more is wanted.
    const isWanted = !stream.hasRemoteEnded && !stream.hasLocalEnded && !stream.isReset;
    if (!isWanted || stream.unacknowledged < WINDOW_BYTES / 2) return;
    this.sender.sendWords(FRAME.windowUpdate, stream.id, stream.unacknowledged);
    stream.receiveWindow += stream.unacknowledged;
    stream.unacknowledged = 0;
  }

  over(stream: Http2Stream): void {
    if (!this.#streams.delete(stream)) return;
    this.#options.onTraffic();
    this.#endIfDone();
  }

  reset(stream: Http2Stream, code: number): void {
    this.#sendReset(stream.id, code);
    this.#drop(stream);
  }

  frame(type: number, flags: number, id: number, payload: Buffer): void {
    if (this.#heads.isMidway && type !== FRAME.continuation) throw protocolError('a frame came amid those of a head');
    if (!this.#hasGreeted && type !== FRAME.settings) throw protocolError('the first frame is not one of settings');
    const facts = { flags, id, payload };
    if (type === FRAME.headers) this.#takeHead(this.#heads.begin(facts));
    else if (type === FRAME.continuation) this.#takeHead(this.#heads.goOn(facts));
    else if (type === FRAME.windowUpdate) this.#widen(facts);
    else if (type === FRAME.reset) this.#takeReset(facts);
    else if (type === FRAME.ping) this.#takePing(facts);
    else if (type === FRAME.settings) this.#takeSettings(facts);
    else if (type === FRAME.goAway) this.#takeGoAway(facts);
    else if (type === FRAME.pushPromise) throw protocolError('clients promise nothing');
    else this.#ignore(type, facts);
  }

  beginData(id: number, flags: number, { bytes, padding }: { readonly bytes: number; readonly padding: number }): void {
    if (!this.#hasGreeted || this.#heads.isMidway) throw protocolError('data came too early');
    this.#window.take(bytes);
    if (bytes === padding && (flags & FLAG.endStream) === 0) this.#countFutile();
    const stream = this.#streams.get(id);
    this.#dataStream = stream;
    if (stream === undefined) {
      this.#streams.assertForgiven(id);
      this.#window.acknowledge(padding);
      return;
    }
    stream.receiveWindow -= bytes;
    this.consumed(stream, padding);
    if (stream.hasRemoteEnded) stream.reset(CODE.streamClosed);
    else if (stream.receiveWindow < 0) stream.reset(CODE.flowControl);
  }

  takeData(piece: Buffer): void {
    const stream = this.#dataStream;
    if (stream === undefined || stream.isReset) {
      this.#window.acknowledge(piece.length);
      return;
    }
    stream.bodyBytes += piece.length;
    stream.take(piece);
    if (stream.hasLocalEnded && stream.bodyBytes > DISCARDED_BYTES) stream.reset(CODE.none);
    else if (stream.bodyBytes > stream.mostBodyBytes) stream.reset(CODE.protocol);
  }

  endData(flags: number): void {
    const stream = this.#dataStream;
    this.#dataStream = undefined;
    if (stream !== undefined && (flags & FLAG.endStream) !== 0) this.#endBody(stream);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#hasEnded) return;
    this.#nowMs = performance.now();
    try {
      this.#reader.read(chunk);
      this.#parts.hold(this.#reader.keptBytes + this.#heads.keptBytes);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.#fail(error);
    }
    // A client that does not read gets nothing more to read.
    if (this.#hasEnded || !this.sender.isFull) return;
    this.#isPaused = true;
    this.socket.pause();
  };

  #readOn(): void {
    if (!this.#isPaused || this.sender.isFull) return;
    this.#isPaused = false;
    this.socket.resume();
  }

  get #isMidway(): boolean {
    return this.#reader.isMidway || this.#heads.isMidway;
  }

  #takeHead(head: HeadBlock | undefined): void {
    if (head === undefined) return;
    const { id, isLast, block } = head;
    const stream = this.#streams.get(id);
    const { lastId } = this.#streams;
    if (stream === undefined && id <= lastId) this.#streams.assertForgiven(id);
    const fields = new RequestHead(this.#options.headerBytes);
    // In any case: the blocks after it build on it.
    this.#decoder.decode(block, fields);
    if (stream !== undefined) this.#takeTrailers(stream, fields, isLast);
    else if (id > lastId && this.#streams.isServed(id)) this.#begin(id, fields, isLast);
  }

  #begin(id: number, head: RequestHead, isLast: boolean): void {
    this.#streams.lastId = id;
    if (head.finish() !== undefined) {
      this.#sendReset(id, CODE.protocol);
      return;
    }
    if (!this.#streams.takePlace()) {
      this.#sendReset(id, CODE.refusedStream);
      return;
    }
    this.#options.onTraffic();
    const stream = new Http2Stream(id, this, head.contentLength);
    this.#streams.add(stream);
    stream.receive(this.#options.onRequest(stream, head));
    if (isLast) this.#endBody(stream);
  }

  #takeTrailers(stream: Http2Stream, head: RequestHead, isLast: boolean): void {
    if (stream.hasRemoteEnded) stream.reset(CODE.streamClosed);
    else if (!isLast || head.finishTrailers() !== undefined) stream.reset(CODE.protocol);
    else this.#endBody(stream);
  }

  #endBody(stream: Http2Stream): void {
    if (stream.isReset) return;
    if (stream.bodyBytes === (stream.announcedBytes ?? stream.bodyBytes)) stream.endBody();
    else stream.reset(CODE.protocol);
  }

  #widen({ id, payload }: FrameFacts): void {
    assertLength(payload, 4);
    const bytes = payload.readUInt32BE(0) & 0x7fff_ffff;
    this.#countFutile();
    const stream = this.#streams.get(id);
    if (id === 0) {
      if (bytes === 0) throw protocolError('a window is widened by nothing');
      this.sender.widen(bytes);
      return;
    }
    this.#streams.assertBegun(id);
    if (bytes === 0) stream?.reset(CODE.protocol);
    else if (stream?.widen(bytes) === false) stream.reset(CODE.flowControl);
  }

  #takeReset({ id, payload }: FrameFacts): void {
    assertLength(payload, 4);
    this.#streams.assertBegun(id);
    const stream = this.#streams.get(id);
    this.#streams.forgiveNoMore(id);
    this.#countFutile();
    if (stream !== undefined) this.#drop(stream);
  }

  #takePing({ flags, id, payload }: FrameFacts): void {
    assertWhole(id);
    assertLength(payload, PING_BYTES);
    if ((flags & FLAG.ack) === 0) {
      this.#countFutile();
      this.sender.send(FRAME.ping, FLAG.ack, 0, payload);
    } else if (payload.equals(FAREWELL)) this.#onFarewell?.();
  }

  #takeSettings({ flags, id, payload }: FrameFacts): void {
    assertWhole(id);
    if ((flags & FLAG.ack) !== 0) {
      if (!this.#hasGreeted) throw protocolError('the first frame is not one of settings');
      assertLength(payload, 0);
      return;
    }
    const settings = readSettings(payload);
    this.#hasGreeted = true;
    this.#countFutile();
    // Before what a wider window lets go.
    this.sender.send(FRAME.settings, FLAG.ack, 0, NOTHING);
    for (const [setting, value] of settings) {
      if (setting === SETTING.headerTableSize) this.sender.encoder.setTableSize(value);
      else if (setting === SETTING.maxFrameSize) this.sender.frameBytes = value;
      else if (setting === SETTING.initialWindowSize) this.#resizeWindows(value);
    }
  }

  #resizeWindows(bytes: number): void {
    const wider = bytes - this.sender.streamWindow;
    this.sender.streamWindow = bytes;
    for (const stream of this.#streams.all) {
      if (!stream.widen(wider)) throw new ConnectionError(CODE.flowControl, 'the window is too wide');
    }
  }

  /** The client makes no more requests here. */
  #takeGoAway({ id, payload }: FrameFacts): void {
    assertWhole(id);
    if (payload.length < 8) throw new ConnectionError(CODE.frameSize, 'a farewell of a wrong length');
    this.#isLeaving = true;
    this.#endIfDone();
  }

  #ignore(type: number, { id, payload }: FrameFacts): void {
    this.#countFutile();
    if (type !== FRAME.priority) return;
    if (id === 0) throw protocolError('a connection has no priority');
    assertPriority(payload, id);
  }

  #countFutile(): void {
    this.sender.guard.count(this.#nowMs);
  }

  #sendReset(id: number, code: number): void {
    this.sender.sendWords(FRAME.reset, id, code);
    this.#countFutile();
    this.#streams.forgive(id);
  }

  #drop(stream: Http2Stream): void {
    stream.close();
    this.over(stream);
  }

  #dropParts(): void {
    this.#reader.drop();
    this.#heads.drop();
    this.#parts.release();
  }

  #fail(error: ConnectionError): void {
    if (error instanceof PrefaceError && error.isHttp1) this.socket.write(this.#options.answerToHttp1());
    else {
      this.greet();
      this.sender.sendText(FRAME.goAway, [this.#streams.lastId, error.code], error.message);
    }
    this.#end();
    this.#dropParts();
    this.#closeStreams();
  }

  #endIfDone(): void {
    if (this.#isLeaving && this.#streams.size === 0 && !this.#hasEnded) this.#end();
  }

  #end(): void {
    this.#hasEnded = true;
    this.#endedMs = performance.now();
    this.sender.end();
  }

  #closeStreams(): void {
    for (const stream of this.#streams.all) stream.close();
    this.#streams.clear();
    this.#options.onTraffic();
    this.#onFarewell?.();
  }
}

function greetingOf({ streams, headerBytes }: ConnectionOptions): Buffer {
  return writeSettings([
    [SETTING.maxConcurrentStreams, streams],
    [SETTING.initialWindowSize, WINDOW_BYTES],
    [SETTING.maxHeaderListSize, headerBytes],
  ]);
}

function assertLength(payload: Buffer, wanted: number): void {
  if (payload.length !== wanted) {
    throw new ConnectionError(CODE.frameSize, `a frame of ${payload.length} bytes; wanted ${wanted}`);
  }
}

/** Of frames that are about the whole connection. */
function assertWhole(id: number): void {
  if (id !== 0) throw protocolError('a frame about the whole connection names a stream');
}
