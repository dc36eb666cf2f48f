import { type FileHandle, open } from 'node:fs/promises';
import { changedFile } from '../nouns/changed-file.ts';
import type { GatheredFile, GatheredRange, GatheredSource } from '../nouns/gathered-file.ts';

/** A gathered file open for reading from its beginning to its end. Whoever opens it closes it. */
export class GatheredReader {
  readonly #file: GatheredFile;
  readonly #handles: readonly FileHandle[];
  #next = 0;
  #position = 0;

  private constructor(file: GatheredFile, handles: readonly FileHandle[]) {
    this.#file = file;
    this.#handles = handles;
  }

  /** Throws `onnx/changed` where a source is not the file any more that it was, and what the system says where it cannot be opened. */
  static async open(file: GatheredFile): Promise<GatheredReader> {
    const handles: FileHandle[] = [];
    const reader = new GatheredReader(file, handles);
    try {
      for (const source of file.sources) handles.push(await open(source.path));
      await reader.assertUnchanged();
      return reader;
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  /** Fills the target, or as much of it as the file still has; gives the number of bytes. */
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
    for (const [index, source] of this.#file.sources.entries()) {
      const { size, ino, mtimeMs } = await (this.#handles[index] as FileHandle).stat();
      if (size !== source.bytes || ino !== source.inode || mtimeMs !== source.modifiedMs)
        throw changedFile(source.path);
    }
  }

  async close(): Promise<void> {
    for (const handle of this.#handles) await handle.close();
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
    const handle = this.#handles[range.source] as FileHandle;
    const { bytesRead } = await handle.read(part, 0, part.length, range.offset + within);
    if (bytesRead === 0) throw changedFile((this.#file.sources[range.source] as GatheredSource).path);
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
}
