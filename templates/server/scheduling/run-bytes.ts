import type { MemoryTable } from '../../../schemas/plan.ts';
import type { Tensors } from '../tensor.ts';

/** Reads the plan's table of what runs take: sizes between two planned ones count as the larger. */
export class RunBytes {
  readonly #table: MemoryTable;
  /** How far apart neighbours of each axis lie in the table. */
  readonly #strides: readonly number[];

  constructor(table: MemoryTable) {
    this.#table = table;
    this.#strides = table.axes.map((_, place) =>
      table.axes.slice(place + 1).reduce((product, { sizes }) => product * sizes.length, 1),
    );
  }

  /** At the bounds of everything, or of everything but the rows. */
  atBounds(rows?: number): number {
    const { axes, rowsAxis } = this.#table;
    const places = axes.map(({ sizes }, axis) =>
      axis === rowsAxis && rows !== undefined ? placeOf(sizes, rows) : sizes.length - 1,
    );
    return this.#at(places) ?? Number.POSITIVE_INFINITY;
  }

  /** At the smallest sizes that were planned. */
  get least(): number {
    return this.#table.runBytes[0] ?? 0;
  }

  /** A run on these inputs; with another number of rows where one is given. Infinite beyond the bounds. */
  of(inputs: Tensors, rows?: number): number {
    return this.#at(this.#placesOf(inputs, rows)) ?? Number.POSITIVE_INFINITY;
  }

  /** Most rows of inputs like these that a run may have in so many bytes; 0 where not even one fits. */
  mostRows(inputs: Tensors, bytes: number): number {
    const { axes, rowsAxis } = this.#table;
    if (rowsAxis === null) return this.of(inputs) <= bytes ? 1 : 0;
    const { sizes } = axes[rowsAxis] as MemoryTable['axes'][number];
    const places = this.#placesOf(inputs, 1);
    for (let place = sizes.length - 1; place >= 0; place--) {
      places[rowsAxis] = place;
      if ((this.#at(places) ?? Number.POSITIVE_INFINITY) <= bytes) return sizes[place] ?? 0;
    }
    return 0;
  }

  /** Largest size of one axis at which a run on inputs like these fits so many bytes; 0 where none does. */
  mostOf(axis: number, inputs: Tensors, bytes: number): number {
    const places = this.#placesOf(inputs, this.#table.rowsAxis === null ? undefined : 1);
    const sizes = this.#table.axes[axis]?.sizes ?? [];
    for (let place = Math.min(places[axis] ?? 0, sizes.length - 1); place >= 0; place--) {
      places[axis] = place;
      if ((this.#at(places) ?? Number.POSITIVE_INFINITY) <= bytes) return sizes[place] ?? 0;
    }
    return 0;
  }

  #placesOf(inputs: Tensors, rows: number | undefined): number[] {
    const { axes, rowsAxis } = this.#table;
    return axes.map(({ input, axis, sizes }, place) => {
      const size = place === rowsAxis && rows !== undefined ? rows : (inputs[input]?.dims[axis] ?? 0);
      return placeOf(sizes, size);
    });
  }

  #at(places: readonly number[]): number | undefined {
    let index = 0;
    for (let axis = 0; axis < places.length; axis++) {
      const place = places[axis] ?? 0;
      if (place >= (this.#table.axes[axis]?.sizes.length ?? 0)) return undefined;
      index += place * (this.#strides[axis] ?? 1);
    }
    return this.#table.runBytes[index];
  }
}

/** Place of the first planned size that is not smaller; past the end where none is. */
function placeOf(sizes: readonly number[], size: number): number {
  let place = 0;
  while (place < sizes.length && (sizes[place] ?? 0) < size) place++;
  return place;
}
