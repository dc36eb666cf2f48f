import type { PlatformFacts } from '../../nouns/platform.ts';
import { readerOf, withContent } from '../elf/read-at.ts';
import { type Dynamic, readDynamic } from '../elf/read-dynamic.ts';
import type { LayerTree } from '../tree.ts';
import type { BaseFile, BaseTree } from './base-tree.ts';
import { missingLibraries, type Program } from './library-search.ts';
import { mergeLayers } from './merge-layers.ts';
import type { BaseSource } from './read-base.ts';
import { MAX_BASE_FILE_BYTES, readBaseFiles } from './read-base-files.ts';

export interface BundleFacts {
  readonly platform: PlatformFacts;
  /** What is laid over the base. */
  readonly bundle: LayerTree;
  /** Of the base, as it reaches the image. */
  readonly environment: Readonly<Record<string, string>>;
  /** Names of locales that the model needs, such as `en_US.UTF-8`. */
  readonly locales: readonly string[];
}

/** Why a base cannot carry a bundle: a line for each reason; none where nothing speaks against it. Throws as `mergeLayers` does. */
export async function bundleProblems(base: BaseSource, facts: BundleFacts): Promise<readonly string[]> {
  const tree = await mergeLayers(base.layers, base.name);
  const { platform, bundle } = facts;
  const clashes = clashesOf(tree, bundle);
  if (tree.find(platform.loader)?.kind !== 'file') return [...clashes, noLoader(tree, platform)];
  const read = (files: ReadonlyMap<string, BaseFile>) => readDynamics(files, base);
  const folders = [
    ...(facts.environment.LD_LIBRARY_PATH ?? '').split(':').filter((folder) => folder.startsWith('/')),
    ...(await linkerFolders(tree, base)),
  ];
  const programs = await programsOf(bundle);
  const missing = await missingLibraries({ platform, tree, bundle: programs, folders, read });
  return [...clashes, ...missing, ...(await missingLocales(tree, { locales: facts.locales, base }))];
}

/** The folder that is this program's alone. */
const OWN_FOLDER = 'app';
/** So many are named; who sees them knows what is meant. */
const MAX_NAMED = 5;

function clashesOf(tree: BaseTree, bundle: LayerTree): readonly string[] {
  const clashes: string[] = [];
  if (tree.names(OWN_FOLDER).length > 0)
    clashes.push(`it has files in /${OWN_FOLDER}, where the server and the model go`);
  for (const { kind, path } of bundle) {
    const there = path.startsWith(`${OWN_FOLDER}/`) ? undefined : tree.find(path, { followLast: false });
    if (there === undefined || (kind === 'directory' && there.kind === 'directory')) continue;
    clashes.push(`it has a ${there.kind} at /${path}, where the image has a ${kind} of its own`);
  }
  return clashes.slice(0, MAX_NAMED);
}

function noLoader(tree: BaseTree, { loader }: PlatformFacts): string {
  const musl = tree.names('lib').find((name) => /^ld-musl-/.test(name));
  const why = musl ? `; it has that of musl (/lib/${musl}), and Node and onnxruntime are made for glibc` : '';
  return `it has no program interpreter ${loader}${why}`;
}

async function programsOf(bundle: LayerTree): Promise<readonly Program[]> {
  const programs: Program[] = [];
  for (const entry of bundle) {
    // What is gathered are weights.
    if (entry.kind !== 'file' || entry.content.kind === 'gathered') continue;
    const dynamic = await withContent(entry.content, readDynamic);
    if (dynamic) programs.push({ path: entry.path, dynamic });
  }
  return programs;
}

async function readDynamics(
  files: ReadonlyMap<string, BaseFile>,
  base: BaseSource,
): Promise<ReadonlyMap<string, Dynamic | undefined>> {
  const contents = await readBaseFiles(files, base);
  return new Map(
    await Promise.all(
      [...contents].map(async ([key, content]) => [key, await readDynamic(readerOf(content))] as const),
    ),
  );
}

const LINKER_CONFIGURATION = 'etc/ld.so.conf';

/** What the linker's configuration adds to its own folders, which it does by a cache that is made of it. */
async function linkerFolders(tree: BaseTree, base: BaseSource): Promise<readonly string[]> {
  if (tree.find('etc/ld.so.cache')?.kind !== 'file') return [];
  const parts = tree.names(`${LINKER_CONFIGURATION}.d`).filter((part) => part.endsWith('.conf'));
  const paths = [LINKER_CONFIGURATION, ...[...parts].sort().map((part) => `${LINKER_CONFIGURATION}.d/${part}`)];
  const contents = await readBaseFiles(tree.files(paths), base);
  const lines = [...contents.values()].flatMap((content) => content.toString('utf8').split('\n'));
  return lines.map((line) => line.trim()).filter((line) => line.startsWith('/'));
}

const LOCALES = 'usr/lib/locale';
const LOCALE_ARCHIVE = `${LOCALES}/locale-archive`;

async function missingLocales(
  tree: BaseTree,
  { locales, base }: { readonly locales: readonly string[]; readonly base: BaseSource },
): Promise<readonly string[]> {
  const glibcName = (locale: string) => locale.replace(/UTF-8$/i, 'utf8');
  const missing = locales.filter((locale) => tree.find(`${LOCALES}/${glibcName(locale)}/LC_CTYPE`)?.kind !== 'file');
  const archives = tree.files(missing.length === 0 ? [] : [LOCALE_ARCHIVE]);
  // One of this size has all locales that there are.
  if ([...archives.values()].some(({ size }) => size > MAX_BASE_FILE_BYTES)) return [];
  const archive = (await readBaseFiles(archives, base)).get(LOCALE_ARCHIVE) ?? Buffer.alloc(0);
  return missing
    .filter((locale) => !archive.includes(`${glibcName(locale)}\0`))
    .map((locale) => `it has no locale ${locale}, which the model needs`);
}
