/** Offsets and sizes within one block. */
export interface Extent {
  readonly offset: number;
  readonly bytes: number;
}

/** onnxruntime rounds each buffer of the block up to this (`kAllocAlignment`); what it makes by itself it rounds to less. */
export const ALIGNMENT = 256;

export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/**
 * The block that onnxruntime lays the buffers of a run in from the second run of a shape on (`MemPatternPlanner`): each goes into
 * the gap that it fills best, of which one is between the last buffer and what the block has grown to, else behind the last one.
 */
export class PatternPlanner<Key = string> {
  readonly #taken = new Map<Key, Extent>();
  /** Between what is taken, by ascending offset: never empty, and none beside another. */
  readonly #gaps: Extent[] = [];
  /** Of the last that is taken. */
  #end = 0;
  #bytes = 0;

  /** What the block has to hold in all. */
  get bytes(): number {
    return this.#bytes;
  }

  allocate(key: Key, wanted: number): Extent {
    const bytes = aligned(wanted);
    if (bytes === 0) return { offset: 0, bytes };
    const at = this.#bestGap(bytes);
    const extent = { offset: at < 0 ? this.#end : (this.#gaps[at]?.offset ?? 0), bytes };
    if (at < 0) this.#end += bytes;
    else this.#fill(at, bytes);
    this.#taken.set(key, extent);
    this.#bytes = Math.max(this.#bytes, extent.offset + bytes);
    return extent;
  }

  free(key: Key): void {
    const extent = this.#taken.get(key);
    if (extent === undefined) return;
    this.#taken.delete(key);
    let { offset, bytes } = extent;
    let at = this.#gapBehind(offset);
    const before = this.#gaps[at - 1];
    const after = this.#gaps[at];
    let merged = 0;
    if (after?.offset === offset + bytes) {
      bytes += after.bytes;
      merged++;
    }
    if (before !== undefined && before.offset + before.bytes === offset) {
      offset = before.offset;
      bytes += before.bytes;
      at--;
      merged++;
    }
    if (offset + bytes === this.#end) {
      this.#end = offset;
      this.#gaps.splice(at, merged);
    } else this.#gaps.splice(at, merged, { offset, bytes });
  }

  /** The first of those that waste least; -1 for what is behind the last buffer. */
  #bestGap(bytes: number): number {
    let best = -1;
    let waste = Infinity;
    for (let at = 0; at < this.#gaps.length; at++) {
      const over = (this.#gaps[at]?.bytes ?? 0) - bytes;
      if (over >= 0 && over < waste) [best, waste] = [at, over];
    }
    const behind = this.#bytes - this.#end - bytes;
    return behind >= 0 && behind < waste ? -1 : best;
  }

  #fill(at: number, by: number): void {
    const { offset, bytes } = this.#gaps[at] as Extent;
    if (bytes === by) this.#gaps.splice(at, 1);
    else this.#gaps[at] = { offset: offset + by, bytes: bytes - by };
  }

  /** Place of the first gap behind an offset. */
  #gapBehind(offset: number): number {
    let [low, high] = [0, this.#gaps.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#gaps[middle]?.offset ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
