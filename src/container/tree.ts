import type { GatheredFile } from '../nouns/gathered-file.ts';

/** Bytes of a file that will be in a layer: held in memory when small, else a file on disk. */
export type Content =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly path: string; readonly size: number };

/** Bytes that lie nowhere as one until the layer is written, as the weights of a model do. */
export interface GatheredContent {
  readonly kind: 'gathered';
  readonly file: GatheredFile;
}

/**
 * One path of a layer. Paths are relative to the root, without a leading or trailing slash, `/` between segments. Owner and
 * group are always root and the time is the image's: neither is a property of an entry.
 */
export type Entry<C = Content> =
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly content: C }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string };

export type Tree = readonly Entry[];

/** A tree on its way into a layer. */
export type LayerTree = readonly LayerEntry[];
export type LayerEntry = Entry<Content | GatheredContent>;

export function fileOf(path: string, content: string | Uint8Array, mode = 0o644): Entry {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { kind: 'file', path, mode, content: { kind: 'bytes', bytes } };
}

export function sizeOf(content: Content | GatheredContent): number {
  if (content.kind === 'gathered') return content.file.bytes;
  return content.kind === 'bytes' ? content.bytes.byteLength : content.size;
}
