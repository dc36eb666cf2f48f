import { parentPort } from 'node:worker_threads';
import type { Digest } from '../nouns/digest.ts';
import { Failure } from '../nouns/failure.ts';
import type { GatheredFile } from '../nouns/gathered-file.ts';
import { hashFile } from './hash-file.ts';

/** What a digest thread answers; an error keeps nothing but its message on the way between threads, so that the rest goes beside it. */
export type Hashed =
  | { readonly digest: Digest }
  | {
      readonly failure: {
        readonly message: string;
        readonly code: string;
        readonly exit: number;
        readonly mend: string;
      };
    }
  | { readonly error: { readonly message: string; readonly code: string | undefined } };

/** The program of a digest thread: hashes one file after another, and says what each came to. */
parentPort?.on('message', async (file: string | GatheredFile) => {
  parentPort?.postMessage(await hashFile(file).then((digest): Hashed => ({ digest }), asMessage));
});

function asMessage(error: NodeJS.ErrnoException): Hashed {
  const { message, code } = error;
  if (error instanceof Failure) return { failure: { message, code: error.code, exit: error.exit, mend: error.mend } };
  return { error: { message, code } };
}
