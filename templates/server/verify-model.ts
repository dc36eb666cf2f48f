import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Plan } from '../../schemas/plan.ts';
import { letGo } from './let-go.ts';

/** Bytes that are hashed at a time: well under a millisecond, then the loop goes on. */
const PIECE_BYTES = 2 ** 18;

/** Rest between two pieces while requests are served: the whole takes about a tenth of one processor. */
const REST_MS = 5;

/** Bytes of small files that are hashed before the model is loaded: some 2 ms a MiB on a slow processor. */
const FIRST_BYTES = 16 * 2 ** 20;

interface ModelFile {
  readonly path: string;
  readonly digest: string;
  readonly bytes: number;
}

export interface Verification {
  /** Hashes what was too large to be hashed before the start; rejects where it is not what the plan says. */
  readonly later: () => Promise<void>;
  /** Bytes that are left for later. */
  readonly laterBytes: number;
}

/**
 * Holds the model's files against the plan: a damaged file of weights is loaded without a word, and answers wrong. All have to have
 * their size and the smaller ones their digest before the model is loaded; the digest of large ones is checked while the server
 * serves already, since hashing 400 MB takes longer than loading them.
 *
 * @throws Error that names the file
 */
export async function verifyModel({ model }: Plan, planPath: string): Promise<Verification> {
  const folder = dirname(planPath);
  const files = await Promise.all(
    [{ file: model.file, digest: model.digest, bytes: undefined }, ...model.data].map(
      async ({ file, digest, bytes }): Promise<ModelFile> => {
        const path = resolve(folder, file);
        const found = (await stat(path).catch(cannotRead(path))).size;
        if (bytes !== undefined && found !== bytes) {
          throw new Error(`${path} has ${found} bytes; the plan says ${bytes}: the image is damaged`);
        }
        return { path, digest, bytes: found };
      },
    ),
  );
  let budget = FIRST_BYTES;
  const later: ModelFile[] = [];
  for (const file of files.sort((a, b) => a.bytes - b.bytes)) {
    budget -= file.bytes;
    if (budget >= 0) await assertDigest(file, 0);
    else later.push(file);
  }
  return {
    laterBytes: later.reduce((sum, { bytes }) => sum + bytes, 0),
    later: async () => {
      for (const file of later) await assertDigest(file, REST_MS);
    },
  };
}

async function assertDigest({ path, digest }: ModelFile, restMs: number): Promise<void> {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  const handle = await open(path).catch(cannotRead(path));
  try {
    for (;;) {
      const { bytesRead } = await handle.read(piece, 0, PIECE_BYTES, null);
      if (bytesRead === 0) break;
      hash.update(bytesRead === PIECE_BYTES ? piece : piece.subarray(0, bytesRead));
      if (restMs > 0) await new Promise((done) => setTimeout(done, restMs).unref());
    }
  } finally {
    letGo(piece);
    await handle.close();
  }
  const found = `sha256:${hash.digest('hex')}`;
  if (found !== digest) throw new Error(`${path} has digest ${found}; the plan says ${digest}: the image is damaged`);
}

function cannotRead(path: string): (error: unknown) => never {
  return (error) => {
    throw new Error(`cannot read the model ${path}: ${error instanceof Error ? error.message : String(error)}`);
  };
}
