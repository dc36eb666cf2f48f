import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { VerdictDocument } from '../../../schemas/verdict.ts';
import type { HeldIndex } from '../../container/held/held-index.ts';
import { hexOf, isDigest } from '../../nouns/digest.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import type { ImageVerdict } from '../../nouns/verdict.ts';
import { writeWhole } from '../../project/write-whole.ts';

/** Beside the lock: a verdict for each image, by its digest. */
export const VERDICTS_FOLDER = 'plimsoll.verdicts';

/** Name of what is kept about an image: its digest, with a dash where file systems want none of a colon. */
export function verdictName({ digest, config }: Pick<ImageVerdict['image'], 'digest' | 'config'>): string {
  const own = digest ?? config;
  return isDigest(own) ? `sha256-${hexOf(own)}` : own;
}

/** Writes a verdict, whole or not at all; gives the file. */
export async function keepVerdict(verdict: ImageVerdict, folder: string): Promise<string> {
  const file = join(folder, `${verdictName(verdict.image)}.json`);
  await mkdir(folder, { recursive: true });
  await writeWhole(file, `${JSON.stringify(verdict)}\n`);
  return file;
}

/** A verdict that was kept, by its file or its image's digest. Throws a Failure `verdict/missing` or `verdict/invalid`. */
export async function readVerdict(
  named: string,
  { folder, workingFolder }: { readonly folder: string; readonly workingFolder: string },
): Promise<ImageVerdict> {
  const file = isDigest(named) ? join(folder, `sha256-${hexOf(named)}.json`) : resolve(workingFolder, named);
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw refuse('missing', `${file} cannot be read: ${cause.code ?? cause.message}`, cause);
  });
  const verdict = VerdictDocument.safeParse(parse(text));
  if (verdict.success) return verdict.data;
  const { path = [], message = '' } = verdict.error.issues[0] ?? {};
  throw refuse('invalid', `${file} is no verdict: ${path.join('.')}: ${message}`);
}

/** The verdict on an image that was kept in one of these folders; `undefined` where there is none. Throws `verdict/invalid`. */
export async function findVerdict(
  { document, images }: HeldIndex,
  folders: readonly string[],
): Promise<ImageVerdict | undefined> {
  const name = verdictName({ digest: document?.digest ?? null, config: images[0]?.config.digest ?? '' });
  for (const folder of folders) {
    const file = join(folder, VERDICTS_FOLDER, `${name}.json`);
    if (existsSync(file)) return readVerdict(file, { folder, workingFolder: folder });
  }
  return undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refuse(code: 'missing' | 'invalid', message: string, cause?: unknown): Failure {
  return new Failure(message, {
    code: `verdict/${code}`,
    exit: EXIT.usage,
    mend: `Name a file that plimsoll verify has kept in ${VERDICTS_FOLDER}, or the digest of an image that has one there.`,
    cause,
  });
}
