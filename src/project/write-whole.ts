import { rename, rm, writeFile } from 'node:fs/promises';
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
    throw new Failure(`${file} cannot be written: ${(cause as Error).message}`, {
      code: 'output/unwritable',
      exit: EXIT.usage,
      mend: 'Check the permissions of its folder and the room on its disk.',
      cause,
    });
  }
}
