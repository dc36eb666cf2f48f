import { promisify } from 'node:util';
import {
  constants,
  createGunzip,
  createInflate,
  createInflateRaw,
  deflate,
  type Gunzip,
  gzip,
  type Inflate,
  type InflateRaw,
} from 'node:zlib';
import { GrowingBuffer } from './growing-buffer.ts';
import { letGo } from './let-go.ts';
import { badRequest, RequestError } from './request-error.ts';

export type Coding = 'gzip' | 'deflate';

/** Answers below this are sent as they are: a packet either way. */
const LEAST_COMPRESSED_BYTES = 4096;

/** Answers above this are, too: the memory plan has no room for a second copy of them, and many clients accept one without asking for it. */
const MOST_COMPRESSED_BYTES = 2 ** 20;

/** Each holds 256 KiB while it works, and the thread pool runs no more at a time. */
const MOST_COMPRESSORS = 4;

/** Inflated at a time. */
const PIECE_BYTES = 65_536;

/** Tensors as JSON deflate to some half of themselves. */
const GUESSED_RATIO = 3;

/** No deflate stream holds more than this many times its own size. */
export const LARGEST_RATIO = 1032;

/**
 * What a request's `content-encoding`, or the header of that meaning, asks for.
 *
 * @throws RequestError 415 for what is not served
 */
export function codingOf(header: string | undefined, name = 'content-encoding'): Coding | undefined {
  const coding = header?.trim().toLowerCase() ?? 'identity';
  if (coding === 'identity' || coding === '') return undefined;
  if (coding === 'gzip' || coding === 'x-gzip') return 'gzip';
  if (coding === 'deflate') return 'deflate';
  throw new RequestError(415, `${name} is "${header}"; wanted gzip, deflate or the body as it is`);
}

/** The coding that a client prefers among those served, by its `accept-encoding`; of two alike, gzip. */
export function acceptedCoding(header: string | undefined): Coding | undefined {
  if (header === undefined) return undefined;
  let best: Coding | undefined;
  let bestWeight = 0;
  for (const item of header.toLowerCase().split(',')) {
    const [name, ...facts] = item.split(';').map((part) => part.trim());
    if (name !== 'gzip' && name !== 'deflate') continue;
    const weight = Number(facts.find((fact) => fact.startsWith('q='))?.slice(2) ?? 1);
    if (weight > bestWeight || (weight === bestWeight && weight > 0 && name === 'gzip')) {
      best = name;
      bestWeight = weight;
    }
  }
  return best;
}

/**
 * Inflates a body, off the event loop, into one buffer, so many bytes from its beginning: what is inflated is held once, beside what
 * came in.
 *
 * @throws RequestError 400 where it is not what its coding says, 413 where more than `limitBytes` would come out
 */
export async function decompress(bytes: Buffer, coding: Coding, limitBytes: number, shiftBytes = 0): Promise<Buffer> {
  const inflated = new GrowingBuffer({
    expectedBytes: expectedBytes(bytes, coding),
    limitBytes,
    shiftBytes,
  });
  try {
    const inflater = inflaterFor(bytes, coding);
    inflater.end(bytes);
    for await (const piece of inflater as AsyncIterable<Buffer>) {
      if (inflated.bytes.length + piece.length > limitBytes) {
        throw new RequestError(413, `the body inflates to more than the ${limitBytes} bytes that this image takes`);
      }
      inflated.add(piece);
      letGo(piece);
    }
  } catch (error) {
    inflated.letGo();
    if (error instanceof RequestError) throw error;
    const { message } = error as NodeJS.ErrnoException;
    throw badRequest(`the body is not ${coding}, as its content-encoding says: ${message}`);
  }
  return inflated.bytes;
}

function inflaterFor(bytes: Buffer, coding: Coding): Gunzip | Inflate | InflateRaw {
  const options = { chunkSize: PIECE_BYTES };
  if (coding === 'gzip') return createGunzip(options);
  // HTTP means zlib's format by "deflate"; some clients send it bare.
  return hasZlibHeader(bytes) ? createInflate(options) : createInflateRaw(options);
}

/** What a gzip body says at its end, which costs nothing until it is written to (RFC 1952, section 2.3.1); a guess where nothing says it. */
function expectedBytes(bytes: Buffer, coding: Coding): number {
  return coding === 'gzip' && bytes.length >= 4 ? bytes.readUInt32LE(bytes.length - 4) : GUESSED_RATIO * bytes.length;
}

/** Whether an answer of so many bytes is compressed for clients that accept it. */
export function isCompressed(bytes: number): boolean {
  return bytes >= LEAST_COMPRESSED_BYTES && bytes <= MOST_COMPRESSED_BYTES;
}

let compressors = 0;
const waiting: (() => void)[] = [];

/** Compresses an answer, off the event loop and fast rather than small. */
export async function compress(bytes: Uint8Array, coding: Coding): Promise<Buffer> {
  if (compressors === MOST_COMPRESSORS) await new Promise<void>((resolve) => waiting.push(resolve));
  else compressors++;
  try {
    const options = { level: constants.Z_BEST_SPEED };
    return await (coding === 'gzip' ? gzipAsync(bytes, options) : deflateAsync(bytes, options));
  } finally {
    const next = waiting.shift();
    if (next) next();
    else compressors--;
  }
}

const gzipAsync = promisify(gzip);
const deflateAsync = promisify(deflate);

/** RFC 1950, section 2.2: method 8, and a check that makes the first two bytes a multiple of 31. */
function hasZlibHeader(bytes: Buffer): boolean {
  return bytes.length >= 2 && ((bytes[0] ?? 0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}
