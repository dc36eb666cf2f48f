import type { Node } from '../../onnx/model.ts';
import { usesOf } from './execution-order.ts';
import { reuseRule } from './reuse-rules.ts';

/** Where a value of a graph lies while the graph runs. */
export interface Buffer {
  /** The value that the buffer was made for. */
  readonly root: string;
  /** `given`: inputs, weights and values of outer graphs, which this graph neither makes nor frees. */
  readonly kind: 'given' | 'made' | 'output';
  /** Place in the order of the node after which it is freed; `null` for buffers that live as long as the run. */
  readonly lastUse: number | null;
}

export interface AllocationFacts {
  readonly order: readonly Node[];
  readonly outputs: ReadonlySet<string>;
  /** See `ValueSize.sameness`. */
  readonly samenessOf: (name: string) => string | null;
}

/**
 * Gives each value that the nodes make its buffer, as onnxruntime's allocation planner does for sequential execution: graph
 * outputs own theirs; aliases share; a last user may write in place where sizes are known to be alike; otherwise the buffer freed
 * last that has the same size is taken; else a new one is made.
 */
export function allocateBuffers(facts: AllocationFacts): ReadonlyMap<string, Buffer> {
  const planning = new Planning(facts);
  facts.order.forEach((node) => {
    planning.visit(node);
  });
  return planning.buffers();
}

class Planning {
  readonly #facts: AllocationFacts;
  /** How often each root is still needed; roots that are not in it are given. */
  readonly #needs = new Map<string, number>();
  readonly #useCounts = new Map<string, number>();
  readonly #roots = new Map<string, string>();
  readonly #kinds = new Map<string, 'made' | 'output'>();
  /** Roots that are free to be taken, the one freed last at the end, by their sameness. */
  readonly #free = new Map<string, string[]>();

  constructor(facts: AllocationFacts) {
    this.#facts = facts;
    const count = (name: string) => this.#useCounts.set(name, (this.#useCounts.get(name) ?? 0) + 1);
    for (const node of facts.order) {
      for (const name of usesOf(node)) count(name);
      for (const name of node.outputs) if (name !== '') count(name);
    }
    for (const name of facts.outputs) count(name);
  }

  visit(node: Node): void {
    node.outputs.forEach((name, index) => {
      if (name !== '') this.#place(node, name, index);
    });
    for (const name of usesOf(node)) this.#release(name);
    for (const name of node.outputs) if (name !== '') this.#release(name);
  }

  buffers(): ReadonlyMap<string, Buffer> {
    const lastUses = new Map<string, number>();
    this.#facts.order.forEach((node, place) => {
      for (const name of usesOf(node)) lastUses.set(this.#rootOf(name), place);
    });
    for (const node of this.#facts.order.toReversed()) this.#prolong(node, lastUses);
    const buffers = new Map<string, Buffer>();
    for (const name of this.#roots.keys()) {
      const root = this.#rootOf(name);
      const kind = this.#kinds.get(root) ?? 'given';
      // The runtime frees after the last consumer; what nothing consumes stays until the run ends.
      buffers.set(name, { root, kind, lastUse: kind === 'made' ? (lastUses.get(root) ?? null) : null });
    }
    return buffers;
  }

  /** What is held by what comes of it lives as long as that, and to the end of the run where nothing takes that. */
  #prolong(node: Node, lastUses: Map<string, number>): void {
    if (reuseRule(node).holdsFirst === undefined) return;
    const [held, holder] = [node.inputs[0] ?? '', node.outputs[0] ?? ''].map((name) => this.#rootOf(name)) as [
      string,
      string,
    ];
    const until = this.#facts.outputs.has(holder) ? undefined : lastUses.get(holder);
    if (until === undefined) lastUses.delete(held);
    else lastUses.set(held, Math.max(until, lastUses.get(held) ?? 0));
  }

  #place(node: Node, name: string, index: number): void {
    const isOutput = this.#facts.outputs.has(name);
    const source = isOutput ? null : (this.#reusableInput(node, name, index) ?? this.#takeFree(name));
    if (source === null) this.#make(name, isOutput ? 'output' : 'made');
    else this.#share(name, this.#rootOf(source));
  }

  #share(name: string, root: string): void {
    this.#roots.set(name, root);
    const needs = this.#needs.get(root);
    if (needs !== undefined) this.#needs.set(root, needs + (this.#useCounts.get(name) ?? 0));
  }

  #make(name: string, kind: 'made' | 'output'): void {
    this.#roots.set(name, name);
    this.#kinds.set(name, kind);
    this.#needs.set(name, this.#useCounts.get(name) ?? 0);
  }

  #reusableInput(node: Node, name: string, index: number): string | null {
    const { alias = [], inPlace = [] } = reuseRule(node);
    const inputFor = ([input, output]: readonly [number, number]) =>
      output === index ? node.inputs[input] : undefined;
    for (const pair of alias) {
      const input = inputFor(pair);
      if (input) return input;
    }
    const sameness = this.#facts.samenessOf(name);
    for (const pair of inPlace) {
      const input = inputFor(pair);
      if (!input || sameness === null) continue;
      if (this.#needs.get(this.#rootOf(input)) === 1 && this.#facts.samenessOf(input) === sameness) return input;
    }
    return null;
  }

  #takeFree(name: string): string | null {
    const sameness = this.#facts.samenessOf(name);
    // Scalars have no dimensions to compare and get buffers of their own.
    if (sameness === null || sameness.endsWith(':')) return null;
    return this.#free.get(sameness)?.pop() ?? null;
  }

  #release(name: string): void {
    const root = this.#rootOf(name);
    const needs = this.#needs.get(root);
    if (needs === undefined) return;
    this.#needs.set(root, needs - 1);
    if (needs === 1) this.#letGo(root);
  }

  #letGo(root: string): void {
    const sameness = this.#facts.samenessOf(root);
    if (sameness === null) return;
    const alike = this.#free.get(sameness);
    if (alike) alike.push(root);
    else this.#free.set(sameness, [root]);
  }

  #rootOf(name: string): string {
    return this.#roots.get(name) ?? name;
  }
}
