import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Readable, Transform } from 'node:stream';
import { createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import type { Framework } from '../nouns/model-source.ts';

/** Larger files are read, and unpacked, no further: versions stand with the first estimators, or in a short file of their own. */
const LARGEST_BYTES = 256 * 2 ** 20;

/** How files write the version that kept them: the field's name, a few marks, the number. */
const VERSIONS: Readonly<Partial<Record<Framework, RegExp>>> = {
  // A pickle, and the node of skops’ JSON.
  sklearn: /_sklearn_version(?:[^0-9]{1,24}|"\s*:\s*\{[^{}]{0,600}?"content"\s*:\s*"\\")(\d+\.\d+(?:\.\d+)?)/,
  keras: /"keras_version"\s*:\s*"(\d+\.\d+\.\d+)/,
  tensorflow: /"keras_version"\s*:\s*"(\d+\.\d+\.\d+)/,
  xgboost: /"version"\s*:\s*\[\s*(\d+\s*,\s*\d+\s*,\s*\d+)\s*\]/,
};
/** More than any of these takes. */
const OVERLAP = 1024;

/**
 * The version of its framework that a file was kept with, read from its bytes and without running anything of it; `undefined` where
 * it does not say.
 */
export async function keptVersionOf(from: Framework, path: string): Promise<string | undefined> {
  const pattern = VERSIONS[from];
  const facts = await stat(path).catch(() => undefined);
  if (pattern === undefined || !facts?.isFile()) return undefined;
  const plain = await firstMatch(createReadStream(path, { end: LARGEST_BYTES }), pattern);
  if (plain !== undefined) return plain;
  const head = await firstBytes(path, 4);
  const unpack = unpackerFor(head);
  if (unpack !== undefined) return firstMatch(unpacked(createReadStream(path), unpack), pattern);
  return head.toString('latin1') === 'PK\u0003\u0004' ? versionInSchema(path, pattern) : undefined;
}

/** As joblib packs a whole pickle. */
function unpackerFor(head: Buffer): Transform | undefined {
  if (head[0] === 0x78) return createInflate();
  return head[0] === 0x1f && head[1] === 0x8b ? createGunzip() : undefined;
}

const SCHEMA = 'schema.json';
/** Of a file in an archive, before its name. */
const LOCAL_HEADER_BYTES = 30;

/** In an archive of skops whose files are packed: its schema, which is read by itself. */
async function versionInSchema(path: string, pattern: RegExp): Promise<string | undefined> {
  let offset = 0;
  let tail: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { end: LARGEST_BYTES })) {
    const bytes = Buffer.concat([tail, chunk as Buffer]);
    const name = bytes.indexOf(SCHEMA);
    const header = name - LOCAL_HEADER_BYTES;
    if (header >= 0 && bytes.readUInt32LE(header) === 0x04034b50) {
      const extra = bytes.readUInt16LE(header + 28);
      const start = offset - tail.length + name + SCHEMA.length + extra;
      return firstMatch(unpacked(createReadStream(path, { start }), createInflateRaw()), pattern);
    }
    offset += (chunk as Buffer).length;
    tail = bytes.subarray(-OVERLAP);
  }
  return undefined;
}

function unpacked(file: Readable, unpack: Transform): Readable {
  file.on('error', (error) => unpack.destroy(error));
  return file.pipe(unpack);
}

async function firstMatch(bytes: Readable, pattern: RegExp): Promise<string | undefined> {
  let tail = '';
  let read = 0;
  try {
    for await (const chunk of bytes) {
      const text = tail + (chunk as Buffer).toString('latin1');
      const version = pattern.exec(text)?.[1];
      if (version !== undefined) return version.replaceAll(/\s*,\s*/g, '.');
      tail = text.slice(-OVERLAP);
      read += (chunk as Buffer).length;
      if (read > LARGEST_BYTES) return undefined;
    }
  } catch {
    // A damaged file: the exporter says so, in the framework's own words.
  } finally {
    bytes.destroy();
  }
  return undefined;
}

/** Up to so many bytes from the beginning of a file. */
export async function firstBytes(path: string, count: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(count);
    const { bytesRead } = await file.read(bytes, 0, count, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
