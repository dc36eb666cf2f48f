import type { Digest } from '../../nouns/digest.ts';

/** An image that exists somewhere: in a layout, an archive, an engine or a registry. What it says is checked where it is used. */
export interface HeldIndex {
  /** As it was named. */
  readonly name: string;
  /** Whether its layers can be read without the network. */
  readonly local: boolean;
  /** What its digest is of: the index, or the manifest where there is one alone; nothing where an engine has dropped it. */
  readonly document: HeldDocument | undefined;
  readonly images: readonly HeldImage[];
  /** Releases what it took to read it. */
  close(): Promise<void>;
}

export interface HeldImage {
  /** As `linux/amd64`; the variant is left out. */
  readonly platform: string;
  /** Nothing where an engine has dropped it. */
  readonly manifest: HeldDocument | undefined;
  readonly config: HeldDocument;
  /** From the bottom up. */
  readonly layers: readonly HeldLayer[];
}

export interface HeldDocument {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly json: unknown;
}

export interface HeldLayer {
  /** Of the blob; nothing where an engine has unpacked and packed it in its own way. */
  readonly digest: Digest | undefined;
  readonly mediaType: string | undefined;
  /** Of the tar stream inside. */
  readonly diffId: Digest;
  /** The blob as a file; with a digest, one that has it. Throws a Failure where it cannot be had. */
  fetch(): Promise<string>;
}
