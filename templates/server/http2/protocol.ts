/** HTTP/2's numbers, as RFC 9113 has them. */

/** Every client begins with this (section 3.4). */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Length, type, flags and stream of a frame (section 4.1). */
export const FRAME_HEAD_BYTES = 9;

/** Kinds of frames (section 6); those with other numbers are ignored. */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { ack: 0x1, endStream: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

/** Why a stream or a connection ends (section 7). */
export const CODE = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
} as const;

export const SETTING = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

/** What holds until settings say otherwise (section 6.5.2). */
export const DEFAULT_WINDOW_BYTES = 65_535;
export const DEFAULT_FRAME_BYTES = 16_384;
export const DEFAULT_TABLE_BYTES = 4096;

export const LARGEST_WINDOW_BYTES = 2 ** 31 - 1;
export const LARGEST_FRAME_BYTES = 2 ** 24 - 1;
export const LARGEST_STREAM_ID = 2 ** 31 - 1;

/** What its peer did ends a whole connection. */
export class ConnectionError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** For what no other code tells better (RFC 9113, section 7). */
export function protocolError(message: string): ConnectionError {
  return new ConnectionError(CODE.protocol, message);
}

/** A connection does not begin as those of HTTP/2 do. */
export class PrefaceError extends ConnectionError {
  /** Whether it begins with a request of HTTP/1, or with as much of its first line as has come. */
  readonly isHttp1: boolean;

  constructor(begin: Buffer) {
    super(CODE.protocol, 'wanted the preface of HTTP/2');
    this.isHttp1 = HTTP_1.test(begin.toString('latin1'));
  }
}

const HTTP_1 = /^[A-Z]+ (?:\S+ HTTP\/1\.|[^\n]*$)/;
