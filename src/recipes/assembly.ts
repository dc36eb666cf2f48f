import type { BegunLayer } from '../container/image/begun-layer.ts';
import type { GatheredFile } from '../nouns/gathered-file.ts';
import type { LockedFile, LockedLayers, LockParts } from '../nouns/lock.ts';
import type { ImageShelf } from './image-shelf.ts';

/** What an image is assembled from: what is locked, and where the bytes lie that no mirror has. */
export interface Assembly {
  readonly parts: LockParts;
  /** The text of `plan.json`; asked only when its layer has to be made. */
  readonly planText: () => Promise<string>;
  /** The bytes of the server bundle; asked only when its layer has to be made. */
  readonly server: () => Promise<Uint8Array>;
  /** Where a file of the prepared model lies, or what it is gathered from; asked only when its layer has to be made. */
  readonly modelFile: (file: LockedFile) => Promise<string | GatheredFile>;
  /** Seconds since 1970, the time of every file of the image. */
  readonly time: number;
  /** The layers that the lock names; nothing where it is yet to be written. */
  readonly locked: LockedLayers | undefined;
  /** Where packages are fetched from, as the configuration says. */
  readonly sources: PackageSources;
  /** Images that may hold the layers. */
  readonly images: ImageShelf;
  /** The model's layer, where it was begun while the model was tried. */
  readonly ahead?: Pick<BegunLayer, 'finish'> | undefined;
  /** Make every layer from what it is made of, also where it is at hand. */
  readonly afresh?: boolean;
}

export interface PackageSources {
  /** A Debian mirror. */
  readonly debian?: string | undefined;
  /** Archives of old Debian packages. */
  readonly archive?: readonly string[] | undefined;
}
