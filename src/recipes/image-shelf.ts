import type { HeldIndex } from '../container/held/held-index.ts';
import { Failure } from '../nouns/failure.ts';
import { isImagePlace } from '../nouns/image-place.ts';
import type { ImageBase, Lock } from '../nouns/lock.ts';
import { atDigest, parseReference, renderReference } from '../nouns/reference.ts';
import { openImage } from './open-image.ts';
import type { Workbench } from './workbench.ts';

/** Images that may hold what is wanted, opened only when something is looked for in them. */
export interface ImageShelf {
  /** Those that can be read without the network. */
  near(): Promise<readonly HeldIndex[]>;
  /** Those in registries. */
  far(): Promise<readonly HeldIndex[]>;
  /** The image that is built upon; none where the base is made of packages. Throws where it cannot be opened. */
  base(): Promise<readonly HeldIndex[]>;
  close(): Promise<void>;
}

export interface ShelfFacts {
  /** As `openImage` takes them. */
  readonly names: readonly string[];
  /** What relative paths are relative to. */
  readonly folder: string;
  readonly base: Lock['base'];
}

/** Images by name. */
export function imageShelf({ names, folder, base }: ShelfFacts, bench: Workbench): ImageShelf {
  const opened: HeldIndex[] = [];
  const openAll = once(async (wanted: readonly string[]) => {
    const found: HeldIndex[] = [];
    for (const name of wanted) {
      const image = await openImage(name, folder, bench).catch(unlessFailure);
      if (image) found.push(image);
    }
    opened.push(...found);
    return found;
  });
  const all = [...new Set(names)];
  const below = baseOpener({ base, folder }, bench);
  return {
    near: () => openAll('near', all.filter(isImagePlace)),
    far: () =>
      openAll(
        'far',
        all.filter((name) => !isImagePlace(name)),
      ),
    base: below.open,
    close: async () => {
      await Promise.all([below.close(), ...opened.map((image) => image.close())]);
    },
  };
}

/** One image that is open already, and stays so. */
export function shelfOf(image: HeldIndex, base: Omit<ShelfFacts, 'names'>, bench: Workbench): ImageShelf {
  const below = baseOpener(base, bench);
  return {
    base: below.open,
    near: async () => (image.local ? [image] : []),
    far: async () => (image.local ? [] : [image]),
    close: below.close,
  };
}

function once(open: (names: readonly string[]) => Promise<readonly HeldIndex[]>) {
  const known = new Map<string, Promise<readonly HeldIndex[]>>();
  return (which: string, names: readonly string[]) => {
    const found = known.get(which) ?? open(names);
    known.set(which, found);
    return found;
  };
}

function baseOpener({ base, folder }: Omit<ShelfFacts, 'names'>, bench: Workbench) {
  let opened: Promise<HeldIndex> | undefined;
  return {
    open: async (): Promise<readonly HeldIndex[]> => {
      if (base.distribution === 'debian') return [];
      opened ??= openImage(pinnedName(base), folder, bench);
      return [await opened];
    },
    close: async (): Promise<void> => {
      const image = await opened?.catch(() => undefined);
      await image?.close();
    },
  };
}

/** By digest where a tag may have moved on; what lies on this machine is told apart by the digests of its layers. */
export function pinnedName({ name, digest }: Pick<ImageBase, 'name' | 'digest'>): string {
  return isImagePlace(name) || digest === null ? name : renderReference(atDigest(parseReference(name), digest));
}

/** One that cannot be opened holds nothing; what that means shows when a layer is looked for in vain. */
function unlessFailure(error: unknown): undefined {
  if (!(error instanceof Failure)) throw error;
}
