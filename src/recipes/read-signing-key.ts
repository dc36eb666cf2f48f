import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { openSigningKey, type SigningKey } from '../container/documents/signing-key.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Machine } from '../nouns/machine.ts';

/** The key that a file holds, or a variable of the environment as `env://NAME`; its password is in `COSIGN_PASSWORD`, as for cosign. */
export async function readSigningKey(place: string, { env, workingFolder }: Machine): Promise<SigningKey> {
  const password = env.COSIGN_PASSWORD;
  const text = await readText(place, { env, workingFolder });
  return openSigningKey({ text, name: place, ...(password !== undefined && { password }) });
}

const VARIABLE = /^env:\/\/(\w+)$/;
/** Keys have some hundred bytes. */
const MAX_LENGTH = 64 * 1024;

async function readText(
  place: string,
  { env, workingFolder }: Pick<Machine, 'env' | 'workingFolder'>,
): Promise<string> {
  const variable = VARIABLE.exec(place)?.[1];
  if (variable !== undefined) {
    const text = env[variable];
    if (text) return text;
    throw unreadable(place, 'the variable is not set');
  }
  const text = await readFile(resolve(workingFolder, place), 'utf8').catch((cause: { code?: string }) => {
    throw unreadable(place, `it cannot be read (${cause.code})`, cause);
  });
  if (text.length > MAX_LENGTH) throw unreadable(place, 'it is too long for a key');
  return text;
}

function unreadable(place: string, why: string, cause?: unknown): Failure {
  return new Failure(`cannot sign with ${place}: ${why}`, {
    code: 'sign/key',
    exit: EXIT.usage,
    mend: 'Name the file of a private key in PEM, or env://NAME for a variable that holds one.',
    cause,
  });
}
