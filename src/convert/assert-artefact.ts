import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Framework } from '../nouns/model-source.ts';
import { FRAMEWORK_FACTS } from './frameworks.ts';
import { recogniseArtefact } from './recognise-artefact.ts';

/** Frameworks that write each other's files. */
const FAMILIES: readonly (readonly Framework[])[] = [['keras', 'tensorflow']];

/**
 * Holds a file against the framework that it is said to be of, before anything is set up for it.
 *
 * @throws Failure `convert/unknown-artefact`, `convert/other-framework`, `convert/ending`
 */
export async function assertArtefact(from: Framework, path: string): Promise<void> {
  const found = await recogniseArtefact(path);
  const isSame = found.from === from || FAMILIES.some((family) => family.includes(from) && family.includes(found.from));
  if (!isSame) {
    throw new Failure(`${path} is no file of ${from}: ${found.because} (${found.from})`, {
      code: 'convert/other-framework',
      exit: EXIT.usage,
      mend: `Say from: ${found.from}, or name another file.`,
    });
  }
  const { endings } = FRAMEWORK_FACTS[from];
  if ((await stat(path)).isDirectory() || endings.includes(extname(path).toLowerCase())) return;
  throw new Failure(`${path} is of ${from}, whose files end in ${endings.join(', ')}`, {
    code: 'convert/ending',
    exit: EXIT.usage,
    mend: `Give ${basename(path)} the ending that it had when it was kept.`,
  });
}
