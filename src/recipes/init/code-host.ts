import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

export const CODE_HOSTS = ['github', 'gitlab'] as const;
export type CodeHost = (typeof CODE_HOSTS)[number];

/** A Git repository as far as its files tell. */
export interface Repository {
  readonly root: string;
  /** By the address of its remotes, else by what lies in it; `undefined` where nothing tells. */
  readonly host: CodeHost | undefined;
}

/** The repository that a folder lies in. */
export async function findRepository(folder: string): Promise<Repository | undefined> {
  for (let root = folder; ; root = dirname(root)) {
    if (existsSync(join(root, '.git'))) return { root, host: await hostOf(root) };
    if (dirname(root) === root) return undefined;
  }
}

async function hostOf(root: string): Promise<CodeHost | undefined> {
  const remotes = [...(await configOf(root)).matchAll(/^\s*url\s*=\s*(.+)$/gm)].map(([, url]) => url ?? '');
  const named = CODE_HOSTS.find((host) => remotes.some((url) => url.toLowerCase().includes(host)));
  if (named !== undefined) return named;
  if (existsSync(join(root, '.gitlab-ci.yml'))) return 'gitlab';
  return existsSync(join(root, '.github')) ? 'github' : undefined;
}

/** In a further work tree `.git` is a file that says where its own folder is, which in turn says where the common one is. */
async function configOf(root: string): Promise<string> {
  const own = join(root, '.git');
  const pointer = /^gitdir: (.+)$/m.exec(await textOf(own))?.[1];
  if (pointer === undefined) return textOf(join(own, 'config'));
  const folder = resolve(root, pointer.trim());
  return textOf(join(resolve(folder, (await textOf(join(folder, 'commondir'))).trim()), 'config'));
}

function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
