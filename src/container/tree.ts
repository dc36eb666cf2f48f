/** Bytes of a file that will be in a layer: held in memory when small, else a region of a file on disk. */
export type Content =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly path: string; readonly size: number };

/**
 * One path of a layer. Paths are relative to the root, without a leading or trailing slash, `/` between segments. Owner and
 * group are always root and the time is the image's: neither is a property of an entry.
 */
export type Entry =
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly content: Content }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string };

export type Tree = readonly Entry[];

export function fileOf(path: string, content: string | Uint8Array, mode = 0o644): Entry {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { kind: 'file', path, mode, content: { kind: 'bytes', bytes } };
}

export function sizeOf(content: Content): number {
  return content.kind === 'bytes' ? content.bytes.byteLength : content.size;
}
