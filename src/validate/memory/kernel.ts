import type { AttributeValue, Node, Tensor } from '../../onnx/model.ts';
import type { Processor } from './processor.ts';
import { isSized, type SizeLookup, type ValueSize } from './value-sizes.ts';

/** What kernels are told of the machine and of how the model is loaded. */
export interface KernelSettings {
  /** Threads of the runtime's pool. */
  readonly threads: number;
  /** Weights of matrix products and convolutions were repacked when the model was loaded. */
  readonly prepacked: boolean;
  /** Images lie in blocks, as the runtime's layout pass leaves them. */
  readonly inBlocks: boolean;
  readonly processor: Processor;
}

export type WeightLookup = (name: string) => Tensor | null;

/** A node with the sizes of what it reads and writes, as the rules for scratch memory see it. */
export class Kernel {
  readonly node: Node;
  readonly settings: KernelSettings;
  readonly #sizes: SizeLookup;
  readonly #weightOf: WeightLookup;

  constructor(
    node: Node,
    facts: {
      readonly settings: KernelSettings;
      readonly sizes: SizeLookup;
      readonly weightOf: WeightLookup;
    },
  ) {
    this.node = node;
    this.settings = facts.settings;
    this.#sizes = facts.sizes;
    this.#weightOf = facts.weightOf;
  }

  /** Nothing (zero bytes, no dimensions) where the input is left out. */
  input(index: number): ValueSize {
    return this.#size(this.node.inputs[index] ?? '');
  }

  output(index: number): ValueSize {
    return this.#size(this.node.outputs[index] ?? '');
  }

  has(index: number): boolean {
    return (this.node.inputs[index] ?? '') !== '';
  }

  /** The weight that an input is, so that it can be repacked at load; `null` for a value that the graph computes. */
  weight(index: number): Tensor | null {
    return this.#weightOf(this.node.inputs[index] ?? '');
  }

  int(name: string, otherwise: number): number {
    const value = this.#attribute(name);
    return value?.kind === 'int' ? Number(value.value) : otherwise;
  }

  /** Whether it is given, and not as zero. */
  hasAttribute(name: string): boolean {
    const value = this.#attribute(name);
    return value !== undefined && !((value.kind === 'int' || value.kind === 'float') && Number(value.value) === 0);
  }

  text(name: string, otherwise: string): string {
    const value = this.#attribute(name);
    return value?.kind === 'string' ? Buffer.from(value.value).toString('utf8') : otherwise;
  }

  /** `null` where the attribute is left out. */
  ints(name: string): readonly number[] | null {
    const value = this.#attribute(name);
    return value?.kind === 'ints' && value.count <= MAX_INTS ? value.values().map(Number) : null;
  }

  /** Entries of an attribute that is a list; 0 where it is left out. */
  countOf(name: string): number {
    const value = this.#attribute(name);
    return value !== undefined && 'count' in value ? value.count : 0;
  }

  #attribute(name: string): AttributeValue | undefined {
    return this.node.attributes.find((attribute) => attribute.name === name)?.value;
  }

  #size(name: string): ValueSize {
    const size = this.#sizes(name);
    return isSized(size) ? size : { ...NOTHING, name };
  }
}

/** Windows have an entry for each axis. */
const MAX_INTS = 64;

const NOTHING = { elementType: 'undefined', dims: [], bytes: 0, sameness: null } as const;

/** Elements of these dimensions; 1 for none. */
export function product(dims: readonly number[]): number {
  return dims.reduce((total, size) => total * size, 1);
}
