import type { Node } from '../../onnx/model.ts';
import type { OpenAxis, UnsizedValue } from './value-sizes.ts';

/** A value whose size is open, and why. */
export interface OpenValue {
  readonly value: string;
  readonly reason: string;
  /** The dimensions to bound so that it is not: all of them where even the rank is open, none where no bound can say it. */
  readonly axes: readonly number[] | 'all';
}

/** What a plan would have had to guess, collected while it is made. */
export class Unknowns {
  readonly #operators = new Map<string, number>();
  readonly #values = new Map<string, OpenValue>();
  readonly #sizes = new Set<string>();

  noteOperator({ domain, opType }: Node): void {
    const name = domain === '' ? opType : `${domain}:${opType}`;
    this.#operators.set(name, (this.#operators.get(name) ?? 0) + 1);
  }

  /** Noted in the order in which they are made: a value that is open only by what was open before it adds nothing. */
  noteValue(value: string, size: Pick<UnsizedValue, 'reason' | 'open'> | null): void {
    if (this.#values.has(value)) return;
    const { reason, open = [] } = size ?? { reason: 'nothing is known of it' };
    const axes = open === 'rank' ? 'all' : this.#fresh(open);
    if (axes.length > 0 || open.length === 0) this.#values.set(value, { value, reason, axes });
  }

  #fresh(open: readonly OpenAxis[]): readonly number[] {
    const fresh = open.filter(({ unknowns }) => unknowns.some((name) => !this.#sizes.has(name)));
    for (const { unknowns } of fresh) for (const name of unknowns) this.#sizes.add(name);
    return fresh.map(({ axis }) => axis);
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
