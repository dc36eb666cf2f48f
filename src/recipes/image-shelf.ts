import type { HeldIndex } from '../container/held/held-index.ts';
import { Failure } from '../nouns/failure.ts';
import { openImage } from './open-image.ts';
import type { Workbench } from './workbench.ts';

/** Images that may hold what is wanted, opened only when something is looked for in them. */
export interface ImageShelf {
  /** Those that can be read without the network. */
  near(): Promise<readonly HeldIndex[]>;
  /** Those in registries. */
  far(): Promise<readonly HeldIndex[]>;
  close(): Promise<void>;
}

const NEAR = /^(oci|oci-archive|docker-archive|docker):/;

/** Images by name, as `openImage` takes them; paths are relative to `folder`. */
export function imageShelf(names: readonly string[], folder: string, bench: Workbench): ImageShelf {
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
  return {
    near: () =>
      openAll(
        'near',
        all.filter((name) => NEAR.test(name)),
      ),
    far: () =>
      openAll(
        'far',
        all.filter((name) => !NEAR.test(name)),
      ),
    close: async () => void (await Promise.all(opened.map((image) => image.close()))),
  };
}

/** One image that is open already, and stays so. */
export function shelfOf(image: HeldIndex): ImageShelf {
  return {
    near: async () => (image.local ? [image] : []),
    far: async () => (image.local ? [] : [image]),
    close: async () => {},
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

/** One that cannot be opened holds nothing; what that means shows when a layer is looked for in vain. */
function unlessFailure(error: unknown): undefined {
  if (!(error instanceof Failure)) throw error;
}
