import { HeadEncoder } from '../templates/server/http2/head-encoder.ts';
import { FLAG, FRAME, PREFACE, SETTING } from '../templates/server/http2/protocol.ts';
import { frame, setting, words } from '../test/server/http2/raw-peer.ts';
import type { Random } from './mutations.ts';

export interface Http2Fuzz {
  readonly random: Random;
  /** Paths to call. */
  readonly paths: readonly string[];
  /** A message, right or wrong, with its prefix. */
  readonly message: () => Buffer;
}

/** Frames of a session at most. */
const MOST_FRAMES = 60;

/** The bytes of a client that speaks HTTP/2 nearly right: frames in any order, with streams, flags and numbers that may not fit. */
export function http2Session(fuzz: Http2Fuzz): Buffer {
  const { random } = fuzz;
  const frames: Buffer[] = [PREFACE, frame(FRAME.settings, 0, 0)];
  const count = random.below(MOST_FRAMES);
  const next = { id: 1 };
  for (let index = 0; index < count; index++) frames.push(random.pick(FRAMES)(fuzz, next));
  return Buffer.concat(frames);
}

type MakeFrames = (fuzz: Http2Fuzz, next: { id: number }) => Buffer;

const NUMBERS = [0, 1, 2, 3, 100, 4095, 16_384, 65_535, 2 ** 20, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

const call: MakeFrames = (fuzz, next) => {
  const { id } = next;
  next.id += 2;
  const message = fuzz.message();
  const cut = fuzz.random.below(message.length + 1);
  return Buffer.concat([
    frame(FRAME.headers, FLAG.endHeaders, id, headOf(fuzz)),
    frame(FRAME.data, 0, id, message.subarray(0, cut)),
    frame(FRAME.data, FLAG.endStream, id, message.subarray(cut)),
  ]);
};

/** A head, padded, ranked and in pieces. */
const oddHead: MakeFrames = (fuzz, next) => {
  const { random } = fuzz;
  const { id } = next;
  next.id += 2;
  const head = headOf(fuzz);
  const cut = random.below(head.length + 1);
  const padding = random.below(20);
  const padded = Buffer.concat([
    Buffer.from([padding]),
    words(random.pick(NUMBERS)),
    Buffer.from([1]),
    head.subarray(0, cut),
    Buffer.alloc(padding),
  ]);
  return Buffer.concat([
    frame(FRAME.headers, FLAG.padded | FLAG.priority | random.pick([0, FLAG.endStream]), id, padded),
    ...Array.from({ length: random.below(5) }, () => frame(FRAME.continuation, 0, id)),
    frame(FRAME.continuation, FLAG.endHeaders, id, head.subarray(cut)),
  ]);
};

const FRAMES: readonly MakeFrames[] = [
  call,
  call,
  call,
  oddHead,
  ({ random }, { id }) => frame(FRAME.data, random.below(16), random.below(id + 4), random.bytes(random.below(500))),
  ({ random }, { id }) => frame(FRAME.reset, 0, random.below(id + 2), words(random.below(14))),
  ({ random }, { id }) => frame(FRAME.windowUpdate, 0, random.below(id + 2), words(random.pick(NUMBERS))),
  ({ random }) => frame(FRAME.settings, 0, 0, setting(random.below(8), random.pick(NUMBERS))),
  ({ random }) => frame(FRAME.settings, 0, 0, setting(SETTING.initialWindowSize, random.below(40))),
  ({ random }) => frame(FRAME.ping, random.below(2), 0, random.bytes(8)),
  ({ random }, { id }) => frame(FRAME.priority, 0, random.below(id + 2), random.bytes(5)),
  ({ random }) => frame(random.below(256), random.below(256), random.below(10), random.bytes(random.below(50))),
  ({ random }, { id }) => frame(FRAME.headers, FLAG.endHeaders, id, random.bytes(random.below(60))),
];

function headOf({ random, paths }: Http2Fuzz): Buffer {
  return new HeadEncoder().encode([
    [':method', random.pick(['POST', 'POST', 'POST', 'GET'])],
    [':scheme', 'http'],
    [':path', `/${random.pick(paths)}`],
    ['content-type', random.pick(['application/grpc', 'application/grpc', 'text/plain'])],
    ['grpc-encoding', random.pick(['identity', 'identity', 'gzip', 'x'])],
    ['grpc-timeout', random.pick(['10S', '1m', '0n', '5u', 'x'])],
  ]);
}
