import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EXIT, Failure } from '../nouns/failure.ts';

/**
 * Writes a file so that it is either the old one or the whole new one, whatever stops the program: a temporary name in the
 * same folder, then a rename.
 * @throws Failure `output/unwritable`.
 */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw unwritable(file, cause as NodeJS.ErrnoException);
  }
}

interface Refusal {
  readonly why: string;
  readonly mend: string;
}

const FULL: Refusal = { why: 'no room is left on that disk', mend: 'Free some disk space.' };
const NOT_ALLOWED: Refusal = {
  why: 'this user may not write there',
  mend: 'Give this user the right to write to that folder, or work on a copy of the project.',
};
const REFUSALS: Readonly<Record<string, Refusal>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EROFS: NOT_ALLOWED,
};

function unwritable(file: string, cause: NodeJS.ErrnoException): Failure {
  const { code = cause.message } = cause;
  const { why, mend } = REFUSALS[code] ?? { why: 'the system refuses', mend: `Look at what ${dirname(file)} is.` };
  return new Failure(`cannot write ${file}: ${why} (${code})`, {
    code: 'output/unwritable',
    exit: EXIT.usage,
    mend,
    cause,
  });
}
