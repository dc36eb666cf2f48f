import type { Span } from './model.ts';
import { type FileIdentity, SourceFile } from './source-file.ts';

const COPY_BYTES = 1024 * 1024;

export type Sink = (chunk: Uint8Array) => void;

/** Bytes that may be too many for memory: their number, and a way to have them piece by piece. */
export interface Content {
  readonly length: number;
  /** Hands over the bytes in order; chunks are only valid during the call. */
  readonly copyTo: (sink: Sink, sources: Sources) => void;
  /** Where they stand, for those that are a span of a file as it is. */
  readonly place?: { readonly file: FileIdentity; readonly offset: number };
}

/** Files that stay open while content is copied out of them. Whoever makes it closes it. */
export class Sources {
  #buffer = new Uint8Array();
  readonly #open = new Map<string, SourceFile>();

  /** Room for a chunk of so many bytes, the same for all. */
  chunk(bytes: number): Uint8Array {
    if (this.#buffer.length < bytes) this.#buffer = new Uint8Array(bytes);
    return this.#buffer.subarray(0, bytes);
  }

  /** The file, opened once; throws `onnx/changed` where it is no longer the one that was read. */
  get(identity: FileIdentity): SourceFile {
    const known = this.#open.get(identity.path);
    if (known) return known;
    const file = SourceFile.reopen(identity);
    this.#open.set(identity.path, file);
    return file;
  }

  close(): void {
    for (const file of this.#open.values()) file.close();
    this.#open.clear();
  }

  static using<T>(work: (sources: Sources) => T): T {
    const sources = new Sources();
    try {
      return work(sources);
    } finally {
      sources.close();
    }
  }
}

export function bytesContent(bytes: Uint8Array): Content {
  return { length: bytes.length, copyTo: (sink) => sink(bytes) };
}

/** A span of a file as it is. */
export function fileContent(file: FileIdentity, span: Span): Content {
  return {
    length: span.length,
    place: { file, offset: span.offset },
    copyTo: (sink, sources) => {
      const source = sources.get(file);
      for (let done = 0; done < span.length; done += COPY_BYTES) {
        const chunk = sources.chunk(Math.min(COPY_BYTES, span.length - done));
        source.fill(chunk, span.offset + done);
        sink(chunk);
      }
    },
  };
}
