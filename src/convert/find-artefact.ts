import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Framework } from '../nouns/model-source.ts';
import { FRAMEWORK_FACTS } from './frameworks.ts';

/** What lies in a folder before a script runs there: by name, a stamp that changes whenever something is written. */
export type FolderStamps = ReadonlyMap<string, string>;

/** No clock is asked: that of a file server need not be ours. */
export async function stampFolder(folder: string): Promise<FolderStamps> {
  const stamps = new Map<string, string>();
  for (const name of await readdir(folder)) {
    const facts = await stat(join(folder, name), { bigint: true }).catch(() => undefined);
    if (facts) stamps.set(name, [facts.ino, facts.size, facts.mtimeNs, facts.ctimeNs].join(' '));
  }
  return stamps;
}

/**
 * What a training script left in its folder: the framework's file that was not there before, or is another one now. The preferred
 * ending goes first.
 *
 * @throws Failure `convert/no-artefact` where there is none, `convert/artefacts` where there are several
 */
export async function findArtefact(facts: {
  readonly from: Framework;
  readonly folder: string;
  readonly before: FolderStamps;
}): Promise<string> {
  const { from, folder, before } = facts;
  const { endings } = FRAMEWORK_FACTS[from];
  const written = [...(await stampFolder(folder))].filter(([name, stamp]) => before.get(name) !== stamp);
  for (const ending of endings) {
    const [first, ...more] = written.map(([name]) => name).filter((name) => name.endsWith(ending));
    if (first === undefined) continue;
    if (more.length === 0) return join(folder, first);
    throw new Failure(`the script wrote ${[first, ...more].join(', ')}, of which one is the model`, {
      code: 'convert/artefacts',
      exit: EXIT.usage,
      mend: 'Say which with the key "artefact" beside "from".',
    });
  }
  throw new Failure(`the script wrote no ${endings.join(', ')} to ${folder}`, {
    code: 'convert/no-artefact',
    exit: EXIT.usage,
    mend: 'Keep the model in the script’s own folder, or say where with the key "artefact" beside "from".',
  });
}
