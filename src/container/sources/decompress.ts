import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { EXIT, Failure } from '../../nouns/failure.ts';

export type Bytes = AsyncIterable<Uint8Array>;

/** How each suffix is unpacked; a name without a known suffix is taken to hold its content as it is. */
const DECOMPRESSORS: Readonly<Record<string, (source: Bytes) => Bytes>> = {
  '.gz': (source) => through(source, zlib.createGunzip({ chunkSize: 256 * 1024 })),
  '.xz': unxz,
  '.zst': unzstd,
};

export const COMPRESSED_SUFFIXES: readonly string[] = Object.keys(DECOMPRESSORS);

/**
 * Unpacks a stream by the suffix of its name, up to a number of bytes. Throws a Failure when the stream is damaged, is longer,
 * or is of a kind that this Node cannot unpack.
 */
export async function* decompress(
  source: Bytes,
  { name, maxBytes }: { readonly name: string; readonly maxBytes: number },
): AsyncGenerator<Uint8Array> {
  const suffix = COMPRESSED_SUFFIXES.find((known) => name.endsWith(known));
  const unpack = suffix === undefined ? undefined : DECOMPRESSORS[suffix];
  let bytes = 0;
  try {
    for await (const chunk of unpack === undefined ? source : unpack(source)) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw damaged(name, `it unpacks to more than ${maxBytes} bytes`);
      yield chunk;
    }
  } catch (error) {
    throw error instanceof Failure
      ? error
      : damaged(name, error instanceof Error ? error.message : String(error), error);
  }
}

/** What an archive that cannot be read is reported as. */
export function damaged(name: string, why: string, cause?: unknown): Failure {
  return new Failure(`${name} cannot be unpacked: ${why}`, {
    code: 'sources/damaged',
    exit: EXIT.findings,
    mend: 'The file is not what a mirror or registry should hold; use another one.',
    cause,
  });
}

async function* through(source: Bytes, transform: zlib.Gunzip): AsyncGenerator<Uint8Array> {
  const input = Readable.from(source, { objectMode: false });
  input.on('error', (error) => transform.destroy(error));
  try {
    yield* input.pipe(transform);
  } finally {
    input.destroy();
    transform.destroy();
  }
}

// The library is CommonJS in a form whose names an import statement does not see.
const { XzReadableStream } = createRequire(import.meta.url)('xz-decompress') as typeof import('xz-decompress');

async function* unxz(source: Bytes): AsyncGenerator<Uint8Array> {
  yield* new XzReadableStream(Readable.toWeb(Readable.from(source, { objectMode: false })));
}

/** Node has it from 22.15 on; before, it is done in JavaScript, at a tenth of the speed. */
async function* unzstd(source: Bytes): AsyncGenerator<Uint8Array> {
  const create = (zlib as { createZstdDecompress?: () => zlib.Gunzip }).createZstdDecompress;
  if (create !== undefined) return yield* through(source, create());
  const { Decompress } = await import('fzstd');
  const ready: Uint8Array[] = [];
  const decompressor = new Decompress((chunk) => ready.push(chunk));
  for await (const chunk of source) {
    decompressor.push(chunk);
    yield* ready.splice(0);
  }
  decompressor.push(new Uint8Array(0), true);
  yield* ready.splice(0);
}
