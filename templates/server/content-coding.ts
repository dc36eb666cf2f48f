import { promisify } from 'node:util';
import { constants, deflate, gunzip, gzip, inflate, inflateRaw } from 'node:zlib';
import { badRequest, RequestError } from './request-error.ts';

export type Coding = 'gzip' | 'deflate';

/** Answers below this are sent as they are: a packet either way. */
const LEAST_COMPRESSED_BYTES = 4096;

/** Answers above this are, too: the memory plan has no room for a second copy of them, and many clients accept one without asking for it. */
const MOST_COMPRESSED_BYTES = 2 ** 20;

/** Each holds 256 KiB while it works, and the thread pool runs no more at a time. */
const MOST_COMPRESSORS = 4;

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
 * Inflates a body, off the event loop.
 *
 * @throws RequestError 400 where it is not what its coding says, 413 where more than `limitBytes` would come out
 */
export async function decompress(bytes: Buffer, coding: Coding, limitBytes: number): Promise<Buffer> {
  const options = { maxOutputLength: limitBytes };
  try {
    if (coding === 'gzip') return await gunzipAsync(bytes, options);
    // HTTP means zlib's format by "deflate"; some clients send it bare.
    return hasZlibHeader(bytes) ? await inflateAsync(bytes, options) : await inflateRawAsync(bytes, options);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new RequestError(413, `the body inflates to more than the ${limitBytes} bytes that this image takes`);
    }
    throw badRequest(`the body is not ${coding}, as its content-encoding says: ${message}`);
  }
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
const gunzipAsync = promisify(gunzip);
const inflateAsync = promisify(inflate);
const inflateRawAsync = promisify(inflateRaw);

/** RFC 1950, section 2.2: method 8, and a check that makes the first two bytes a multiple of 31. */
function hasZlibHeader(bytes: Buffer): boolean {
  return bytes.length >= 2 && ((bytes[0] ?? 0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}
