import { type FileHandle, open, stat } from 'node:fs/promises';
import { changedFile } from '../nouns/changed-file.ts';
import type { GatheredFile, GatheredRange, GatheredSource } from '../nouns/gathered-file.ts';

/**
 * A gathered file open for reading from its beginning to its end. One source is open at a time: a model can have more files than a
 * process may. Whoever opens it closes it.
 */
export class GatheredReader {
  readonly #file: GatheredFile;
  #open: { readonly source: number; readonly handle: FileHandle } | undefined;
  #next = 0;
  #position = 0;

  private constructor(file: GatheredFile) {
    this.#file = file;
  }

  /** Throws `onnx/changed` where a source is not the file any more that it was, and what the system says where one cannot be had. */
  static async open(file: GatheredFile): Promise<GatheredReader> {
    const reader = new GatheredReader(file);
    await reader.assertUnchanged();
    return reader;
  }

  /** Fills the target, or as much of it as the file still has; gives the number of bytes. Throws as `open` does. */
  async read(target: Uint8Array): Promise<number> {
    const wanted = Math.min(target.length, this.#file.bytes - this.#position);
    for (let done = 0; done < wanted; ) {
      const count = await this.#readSome(target.subarray(done, wanted));
      done += count;
      this.#position += count;
    }
    return wanted;
  }

  /** A source that was written to in the meantime has given bytes of two times. */
  async assertUnchanged(): Promise<void> {
    for (const source of this.#file.sources) assertSame(source, await stat(source.path));
  }

  async close(): Promise<void> {
    await this.#open?.handle.close();
    this.#open = undefined;
  }

  async #readSome(target: Uint8Array): Promise<number> {
    const range = this.#rangeHere();
    const gap = (range?.at ?? this.#file.bytes) - this.#position;
    if (range === undefined || gap > 0) {
      const zeros = target.subarray(0, gap);
      zeros.fill(0);
      return zeros.length;
    }
    const within = this.#position - range.at;
    const part = target.subarray(0, range.length - within);
    const handle = await this.#handleOf(range.source);
    const { bytesRead } = await handle.read(part, 0, part.length, range.offset + within);
    if (bytesRead === 0) throw changedFile(this.#sourceAt(range.source).path);
    return bytesRead;
  }

  /** The range that the position is in or before; none behind the last. */
  #rangeHere(): GatheredRange | undefined {
    const { ranges } = this.#file;
    for (let range = ranges[this.#next]; range !== undefined; range = ranges[++this.#next]) {
      if (range.at + range.length > this.#position) return range;
    }
    return undefined;
  }

  async #handleOf(source: number): Promise<FileHandle> {
    if (this.#open?.source === source) return this.#open.handle;
    await this.close();
    const wanted = this.#sourceAt(source);
    const handle = await open(wanted.path);
    this.#open = { source, handle };
    assertSame(wanted, await handle.stat());
    return handle;
  }

  #sourceAt(index: number): GatheredSource {
    const source = this.#file.sources[index];
    if (source === undefined)
      throw new RangeError(`a range of source ${index}; there are ${this.#file.sources.length}`);
    return source;
  }
}

function assertSame(source: GatheredSource, found: { size: number; ino: number; mtimeMs: number }): void {
  const { size, ino, mtimeMs } = found;
  if (size !== source.bytes || ino !== source.inode || mtimeMs !== source.modifiedMs) throw changedFile(source.path);
}
