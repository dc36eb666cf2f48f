import type { Node } from '../../onnx/model.ts';

/** What is held while one node runs. */
export interface Moment {
  readonly node: Node;
  readonly graph: string;
  /** Intermediate values, or the touched part of the block that they share. */
  readonly activationBytes: number;
  readonly outputBytes: number;
  readonly scratchBytes: number;
}

export interface LargestMoment {
  readonly place: number;
  readonly moment: Moment;
  readonly bytes: number;
}

/** What is held while each of the nodes of a run runs: as columns, since searches simulate many runs and look at few moments. */
export class Moments {
  readonly activationBytes: Float64Array;
  readonly outputBytes: Float64Array;
  readonly scratchBytes: Float64Array;
  readonly #order: readonly Node[];
  readonly #path: string;
  #largest: LargestMoment | null | undefined;

  constructor(order: readonly Node[], { path, scratchBytes }: { path: string; scratchBytes: Float64Array }) {
    this.activationBytes = new Float64Array(order.length);
    this.outputBytes = new Float64Array(order.length);
    this.scratchBytes = scratchBytes;
    this.#order = order;
    this.#path = path;
  }

  get length(): number {
    return this.#order.length;
  }

  at(place: number): Moment {
    return {
      node: this.#order[place] as Node,
      graph: this.#path,
      activationBytes: this.activationBytes[place] ?? 0,
      outputBytes: this.outputBytes[place] ?? 0,
      scratchBytes: this.scratchBytes[place] ?? 0,
    };
  }

  bytesAt(place: number): number {
    return this.bytesWithoutOutputsAt(place) + (this.outputBytes[place] ?? 0);
  }

  bytesWithoutOutputsAt(place: number): number {
    return (this.activationBytes[place] ?? 0) + (this.scratchBytes[place] ?? 0);
  }

  /** The first that takes the most; `null` for a graph without nodes. Asked for once all columns are filled. */
  largest(): LargestMoment | null {
    if (this.#largest === undefined) this.#largest = this.#findLargest();
    return this.#largest;
  }

  #findLargest(): LargestMoment | null {
    let place = -1;
    let bytes = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < this.length; at++) {
      const held = this.bytesAt(at);
      if (held > bytes) [place, bytes] = [at, held];
    }
    return place < 0 ? null : { place, moment: this.at(place), bytes };
  }

  largestBytesWithoutOutputs(): number {
    let most = 0;
    for (let place = 0; place < this.length; place++) most = Math.max(most, this.bytesWithoutOutputsAt(place));
    return most;
  }
}
