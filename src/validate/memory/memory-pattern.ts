/** Offsets and sizes within one block. */
export interface Extent {
  readonly offset: number;
  readonly bytes: number;
}

/** onnxruntime rounds each buffer up to this. */
export const ALIGNMENT = 64;

export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/**
 * The block that onnxruntime lays the buffers of a run in from the second run of a shape on (`MemPatternPlanner`): each goes into
 * the gap that it fills best, or behind the last one.
 */
export class PatternPlanner {
  /** By ascending offset. */
  readonly #taken: { readonly name: string; readonly extent: Extent }[] = [];
  #bytes = 0;

  /** What the block has to hold in all. */
  get bytes(): number {
    return this.#bytes;
  }

  allocate(name: string, wanted: number): Extent {
    const bytes = aligned(wanted);
    if (bytes === 0) return { offset: 0, bytes };
    const last = this.#taken.at(-1);
    let place = this.#taken.length;
    let offset = last ? last.extent.offset + last.extent.bytes : 0;
    let waste = Infinity;
    let end = 0;
    this.#taken.forEach(({ extent }, at) => {
      const gap = extent.offset - end;
      if (gap >= bytes && gap - bytes < waste) {
        waste = gap - bytes;
        offset = end;
        place = at;
      }
      end = extent.offset + extent.bytes;
    });
    const extent = { offset, bytes };
    this.#taken.splice(place, 0, { name, extent });
    this.#bytes = Math.max(this.#bytes, offset + bytes);
    return extent;
  }

  free(name: string): void {
    const at = this.#taken.findIndex((taken) => taken.name === name);
    if (at >= 0) this.#taken.splice(at, 1);
  }
}
