import { type Size, textOf } from '../shapes/size/size.ts';

/** Asks about sizes, which may have no bounds yet, and notes where the answer would be another one at others. */
export class SizeQuestions {
  #dependsOnBounds = false;

  get dependsOnBounds(): boolean {
    return this.#dependsOnBounds;
  }

  noteOpen(): void {
    this.#dependsOnBounds = true;
  }

  numberOf(size: Size | undefined): number {
    if (typeof size === 'number') return size;
    if (size !== undefined) this.noteOpen();
    return 0;
  }

  /** Two shapes that are not known are alike. */
  areEqual(a: readonly Size[] | null | undefined, b: readonly Size[] | null | undefined): boolean {
    if (!a || !b) return !a && !b;
    return a.length === b.length && a.every((size, axis) => this.isEqual(size, b[axis]));
  }

  isEqual(a: Size | undefined, b: Size | undefined): boolean {
    if (a === b) return true;
    if (a === undefined || b === undefined) return false;
    if (textOf(a) === textOf(b)) return true;
    if (typeof a !== 'number' || typeof b !== 'number') this.noteOpen();
    return false;
  }

  isMultiple(large: Size, small: Size): boolean {
    if (typeof large === 'number' && typeof small === 'number') return large % small === 0;
    return this.isEqual(large, small);
  }
}
