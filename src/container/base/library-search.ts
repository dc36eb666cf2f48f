import type { PlatformFacts } from '../../nouns/platform.ts';
import type { Dynamic } from '../elf/read-dynamic.ts';
import { MACHINES } from '../elf/read-dynamic.ts';
import type { BaseFile, BaseTree } from './base-tree.ts';

/** A program or library with what the dynamic linker reads of it. */
export interface Program {
  /** In the image, relative to its root. */
  readonly path: string;
  readonly dynamic: Dynamic;
}

export interface SearchFacts {
  readonly platform: PlatformFacts;
  readonly tree: BaseTree;
  /** What is laid over the base: found before anything of it. */
  readonly bundle: readonly Program[];
  /** Folders that the base's environment and linker configuration name, without a leading slash. */
  readonly folders: readonly string[];
  /** Reads what the linker reads of files of the base; nothing for one that is no library. */
  readonly read: (files: ReadonlyMap<string, BaseFile>) => Promise<ReadonlyMap<string, Dynamic | undefined>>;
}

/** More libraries than any program of a bundle leads to; what is beyond is a base that plays with us. */
const MAX_LIBRARIES = 512;

/**
 * Follows what the bundle's programs need through the base as its dynamic linker would: every library has to be there, for this
 * processor, with the versions of symbols that are asked of it. Gives a line for each thing that is not so.
 */
export async function missingLibraries(facts: SearchFacts): Promise<readonly string[]> {
  const { bundle } = facts;
  // What only some settings of the runtime load is needed by those who need it.
  const roots = bundle.filter(({ path, dynamic }) => dynamic.interpreter !== undefined || path.endsWith('.node'));
  const problems: string[] = [];
  const known = new Map<string, Program>();
  const missing = new Set<string>();
  let asking: readonly Program[] = roots;
  while (asking.length > 0) {
    const wanted = new Map<string, { readonly places: readonly BaseFile[]; readonly by: string }>();
    const inBundle: Program[] = [];
    for (const program of asking) {
      for (const name of program.dynamic.needed) {
        if (known.has(name) || missing.has(name) || wanted.has(name)) continue;
        const own = ownLibrary(name, program, bundle);
        if (own) {
          known.set(name, own);
          inBundle.push(own);
        } else wanted.set(name, { places: placesOf(name, facts), by: program.path });
      }
    }
    if (known.size + wanted.size > MAX_LIBRARIES) return [`its libraries lead to more than ${MAX_LIBRARIES} others`];
    const found = await readAll(wanted, facts);
    for (const [name, { by }] of wanted) {
      const program = found.get(name);
      if (program) known.set(name, program);
      else {
        missing.add(name);
        problems.push(`${by} needs ${name}, which is in none of the folders that its linker looks in`);
      }
    }
    asking = [...inBundle, ...found.values()];
  }
  return [...problems, ...olderLibraries([...roots, ...known.values()], known)];
}

/** A library of the bundle, where the program that needs it says to look there first. */
function ownLibrary(name: string, { path, dynamic }: Program, bundle: readonly Program[]): Program | undefined {
  const origin = path.slice(0, path.lastIndexOf('/'));
  const folders = dynamic.runpath.map((folder) => folder.replace(/^\$(ORIGIN|\{ORIGIN\})/, origin));
  return bundle.find((other) => folders.some((folder) => other.path === `${folder.replace(/\/$/, '')}/${name}`));
}

/** Where a library may lie, in the order in which the linker looks. */
function placesOf(name: string, { platform, tree, folders }: SearchFacts): readonly BaseFile[] {
  const { loader, multiarch } = platform;
  const standard = [`lib/${multiarch}`, `usr/lib/${multiarch}`, 'lib64', 'usr/lib64', 'lib', 'usr/lib'];
  const paths = [
    // The linker itself is where programs name it, and needs not to be found twice.
    ...(loader.endsWith(`/${name}`) ? [loader] : []),
    ...[...folders, ...standard].map((folder) => `${folder}/${name}`),
  ];
  const files = paths.map((path) => tree.find(path)).filter((node) => node?.kind === 'file');
  return [...new Set(files)];
}

async function readAll(
  wanted: ReadonlyMap<string, { readonly places: readonly BaseFile[] }>,
  { platform, read }: SearchFacts,
): Promise<ReadonlyMap<string, Program>> {
  const files = new Map([...wanted.values()].flatMap(({ places }) => places.map((file) => [keyOf(file), file])));
  const dynamics = files.size === 0 ? new Map<string, Dynamic | undefined>() : await read(files);
  const found = new Map<string, Program>();
  for (const [name, { places }] of wanted) {
    for (const file of places) {
      const dynamic = dynamics.get(keyOf(file));
      // The linker passes over libraries of other processors.
      if (dynamic?.machine !== MACHINES[platform.architecture]) continue;
      found.set(name, { path: file.member, dynamic });
      break;
    }
  }
  return found;
}

function keyOf({ layer, member }: BaseFile): string {
  return `${layer} ${member}`;
}

/** Versions of symbols that a library does not have, the first of each library and asker. */
function olderLibraries(askers: readonly Program[], known: ReadonlyMap<string, Program>): readonly string[] {
  return askers.flatMap(({ path, dynamic }) =>
    [...dynamic.requires].flatMap(([name, versions]) => {
      const provider = known.get(name);
      const lacking = provider ? versions.filter((version) => !provider.dynamic.provides.has(version)) : [];
      if (provider === undefined || lacking.length === 0) return [];
      const newest = newestOf(provider.dynamic.provides, lacking[0] ?? '');
      return [`${path} needs ${lacking.sort(byNumber).at(-1)} of ${name}; ${provider.path} has ${newest}`];
    }),
  );
}

function newestOf(versions: ReadonlySet<string>, like: string): string {
  const stem = like.slice(0, like.lastIndexOf('_') + 1);
  const alike = [...versions].filter((version) => version.startsWith(stem) && /\d$/.test(version)).sort(byNumber);
  return alike.length === 0 ? `no version of ${stem}` : `up to ${alike.at(-1)}`;
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
