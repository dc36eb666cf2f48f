import type { Node } from '../../onnx/model.ts';

/** A value whose size is open, and why. */
export interface OpenValue {
  readonly value: string;
  readonly reason: string;
}

/** What a plan would have had to guess, collected while it is made. */
export class Unknowns {
  readonly #operators = new Map<string, number>();
  readonly #values = new Map<string, OpenValue>();

  noteOperator({ domain, opType }: Node): void {
    const name = domain === '' ? opType : `${domain}:${opType}`;
    this.#operators.set(name, (this.#operators.get(name) ?? 0) + 1);
  }

  noteValue(value: string, reason: string): void {
    if (!this.#values.has(value)) this.#values.set(value, { value, reason });
  }

  /** By name, with how often they stand in the graph. */
  get operators(): ReadonlyMap<string, number> {
    return this.#operators;
  }

  get values(): readonly OpenValue[] {
    return [...this.#values.values()];
  }

  get isEmpty(): boolean {
    return this.#operators.size === 0 && this.#values.size === 0;
  }
}
