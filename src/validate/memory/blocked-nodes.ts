import type { Graph, Node, Tensor } from '../../onnx/model.ts';
import { type Size, textOf as sizeText } from '../shapes/size/size.ts';
import { blockedFilterBytes, isDepthwise } from './blocked-convolution.ts';
import { constantsOf } from './fed-inputs.ts';
import type { Processor } from './processor.ts';
import { operatorOf } from './replace-layer.ts';
import { SizeQuestions } from './size-questions.ts';

/** A value whose channels lie in blocks. */
export interface BlockedValue {
  readonly name: string;
  /** The value of the model that it holds, padded. */
  readonly of: string;
  readonly channels: number;
  /** Alike only where the pass can tell, without sizes, that images are equally large: by what they come from. */
  readonly space: string;
  /** Whether sizes stand there that are no numbers yet. */
  readonly isOpen: boolean;
}

/** Dimensions of a value of floats, at the bounds or as they are without; `null` for all others. */
export type DimsLookup = (name: string) => readonly Size[] | null;

interface Facts {
  readonly processor: Processor;
  readonly dimsOf: DimsLookup;
  /** How often each value is taken. */
  readonly uses: ReadonlyMap<string, number>;
}

/** What a node becomes that the pass takes over. */
interface Added {
  readonly channels: number;
  readonly opType?: string;
  readonly domain?: string;
}

/** What the pass calls an image of the model that it has turned to blocks. */
export function blockedName(name: string): string {
  return `${name} (blocked)`;
}

const DOMAIN = 'com.microsoft.nchwc';
/** Image, filters and bias: a convolution with more inputs has a sum. */
const UNSUMMED = 3;
const ACTIVATIONS = new Set('Relu Sigmoid Tanh HardSigmoid Gelu com.microsoft:Gelu com.microsoft:QuickGelu'.split(' '));
const FUSED = new Set('Relu Sigmoid Tanh'.split(' '));

/** The nodes that the layout pass takes over, in the order in which it adds its own. */
export class BlockedNodes {
  readonly #nodes: Node[] = [];
  /** By the value of the model; several may share one. */
  readonly #values = new Map<string, BlockedValue>();
  /** Images of the model that were turned to blocks, and what holds them. */
  readonly #turned = new Map<string, BlockedValue>();
  /** Convolutions that may still take in what follows them, by the value of the model that they make. */
  readonly #open = new Map<string, number>();
  readonly #facts: Facts;
  readonly #weights: ReadonlyMap<string, Tensor>;
  readonly #ask = new SizeQuestions();

  constructor(graph: Graph, facts: Facts) {
    this.#facts = facts;
    this.#weights = constantsOf(graph);
  }

  /** Whether some answer about dimensions without bounds would be another one at others. */
  get dependsOnBounds(): boolean {
    return this.#ask.dependsOnBounds;
  }

  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  get values(): ReadonlyMap<string, BlockedValue> {
    return new Map([...this.#values, ...[...this.#turned].map(([name, value]) => [`${name}/turned`, value] as const)]);
  }

  /** Whether the pass replaces the node. */
  take(node: Node): boolean {
    const rule = node.domain === '' || node.opType === 'FusedConv' ? RULES[node.opType] : undefined;
    if (rule) return this[rule](node);
    return ACTIVATIONS.has(operatorOf(node)) && this.activate(node);
  }

  /** Nodes that give the model's own layout back to what reads it. */
  turnedBack(read: ReadonlySet<string>): readonly Node[] {
    return [...this.#values]
      .filter(([name]) => read.has(name))
      .map(([name, value]) => made('ReorderOutput', [value.name], name));
  }

  convolve(node: Node): boolean {
    const [image = '', filters = '', bias = '', sum = ''] = node.inputs;
    const tensor = this.#weights.get(filters);
    const { processor } = this.#facts;
    const weightOf = (name: string) => this.#weights.get(name) ?? null;
    if (!tensor || this.#facts.dimsOf(image)?.length !== 4 || blockedFilterBytes(node, weightOf, processor) === null)
      return false;
    const addend = this.#values.get(sum);
    // What is added is not turned to blocks for that.
    if (sum !== '' && !addend) return false;
    const [outputs = 0, inputs = 0] = tensor.dims;
    const isPlain = inputs < processor.channelBlock && !isDepthwise(node, tensor);
    const source = isPlain ? image : this.#blockedInput(image);
    this.#add(node, [source, filters, bias, ...(addend ? [addend.name] : [])], {
      channels: this.#padded(outputs),
      opType: 'Conv',
    });
    const isActivated = node.attributes.some((attribute) => attribute.name === 'activation');
    if (!isActivated && sum === '') this.#leaveOpen(node);
    return true;
  }

  /** As a convolution of each channel by itself. */
  normalise(node: Node): boolean {
    const [image = '', scale = '', bias = ''] = node.inputs;
    const value = this.#values.get(image);
    const isStored = node.inputs.slice(1).every((name) => this.#weights.has(name));
    if (!value || !isStored || node.outputs.length !== 1) return false;
    this.#add(node, [value.name, scale, bias], { channels: value.channels, opType: 'Conv' });
    this.#leaveOpen(node);
    return true;
  }

  resize(node: Node): boolean {
    const [image = '', , scales = ''] = node.inputs;
    const value = this.#values.get(image);
    const text = (name: string, otherwise: string) => textOf(node, name) ?? otherwise;
    const coordinates = text('coordinate_transformation_mode', 'half_pixel');
    const isNearest = text('mode', 'nearest') === 'nearest';
    const isKnown = isNearest
      ? coordinates === 'asymmetric' && text('nearest_mode', 'round_prefer_floor') === 'floor'
      : text('mode', '') === 'linear' && ['asymmetric', 'align_corners', 'half_pixel'].includes(coordinates);
    const [from, to] = [this.#facts.dimsOf(image), this.#facts.dimsOf(node.outputs[0] ?? '')];
    const isWhole =
      from?.every((size, axis) => this.#ask.isMultiple(to?.[axis] ?? 0, size)) && this.#ask.isEqual(from[1], to?.[1]);
    if (!value || !isKnown || !isWhole || !this.#weights.has(scales)) return false;
    this.#add(node, [value.name], { channels: value.channels, opType: 'Upsample' });
    return true;
  }

  pool(node: Node): boolean {
    const [image = ''] = node.inputs;
    const dims = this.#facts.dimsOf(image);
    const channels = this.#ask.numberOf(dims?.[1]);
    const hasIndices = (node.outputs[1] ?? '') !== '';
    if (dims?.length !== 4 || channels === 0 || this.#padded(channels) !== channels || hasIndices) return false;
    this.#add(node, [this.#blockedInput(image)], { channels });
    return true;
  }

  multiply(node: Node): boolean {
    const [left, right] = this.#alike(node) ?? [];
    if (!left || !right) return false;
    this.#add(node, [left.name, right.name], { channels: left.channels, domain: '' });
    return true;
  }

  #alike(node: Node): readonly [BlockedValue, BlockedValue] | null {
    const [left, right] = node.inputs.map((name) => this.#values.get(name));
    const [a, b] = node.inputs.map((name) => this.#facts.dimsOf(name));
    return left && right && node.inputs.length === 2 && this.#ask.areEqual(a, b) ? [left, right] : null;
  }

  /** Into the convolution that makes one of the two, where nothing else takes that and it has no sum yet. */
  add(node: Node): boolean {
    const [left, right] = this.#alike(node) ?? [];
    if (!left || !right) return false;
    if (!this.#isSameSpace(left, right)) return this.multiply(node);
    for (const [at, other] of [right, left].entries()) {
      const name = node.inputs[at] ?? '';
      const place = this.#open.get(name);
      const convolution = place === undefined ? undefined : this.#nodes[place];
      const holder = this.#values.get(name);
      if (place === undefined || !convolution || !holder || convolution.inputs.length > UNSUMMED) continue;
      this.#open.delete(name);
      this.#nodes[place] = { ...convolution, inputs: [...convolution.inputs, other.name] };
      this.#pass(node, holder, place);
      return true;
    }
    return this.multiply(node);
  }

  concatenate(node: Node): boolean {
    const inputs = node.inputs.map((name) => this.#values.get(name));
    const axis = node.attributes.find(({ name }) => name === 'axis')?.value;
    const isWhole = inputs.every(
      (value, at) => value && value.channels === this.#ask.numberOf(this.#facts.dimsOf(node.inputs[at] ?? '')?.[1]),
    );
    if (inputs.length === 0 || axis?.kind !== 'int' || Number(axis.value) !== 1 || !isWhole) return false;
    const channels = inputs.reduce((sum, value) => sum + (value?.channels ?? 0), 0);
    this.#add(
      node,
      inputs.map((value) => value?.name ?? ''),
      { channels, domain: '' },
    );
    return true;
  }

  activate(node: Node): boolean {
    const [input = '', ...others] = node.inputs;
    const value = this.#values.get(input);
    if (!value) return false;
    const place = FUSED.has(node.opType) ? this.#open.get(input) : undefined;
    if (place === undefined)
      this.#add(node, [value.name, ...others], { channels: value.channels, domain: node.domain });
    else {
      this.#open.delete(input);
      this.#values.set(node.outputs[0] ?? '', value);
      this.#values.delete(input);
    }
    return true;
  }

  /** What a node would have made is what the convolution now makes, which may take in one more thing. */
  #pass(node: Node, value: BlockedValue, place: number): void {
    const output = node.outputs[0] ?? '';
    for (const name of node.inputs) if (this.#values.get(name) === value) this.#values.delete(name);
    this.#values.set(output, value);
    if (this.#facts.uses.get(output) === 1) this.#open.set(output, place);
  }

  #leaveOpen({ outputs: [output = ''] }: Node): void {
    if (this.#facts.uses.get(output) === 1) this.#open.set(output, this.#nodes.length - 1);
  }

  #blockedInput(name: string): string {
    const known = this.#values.get(name) ?? this.#turned.get(name);
    if (known) return known.name;
    const channels = this.#padded(this.#ask.numberOf(this.#facts.dimsOf(name)?.[1]));
    const value = { name: blockedName(name), of: name, channels, space: name, isOpen: false };
    this.#turned.set(name, value);
    this.#nodes.push(made('ReorderInput', [name], value.name));
    return value.name;
  }

  #add(node: Node, inputs: readonly string[], { channels, opType = node.opType, domain = DOMAIN }: Added): void {
    const [source = ''] = node.inputs;
    const [of = ''] = node.outputs;
    const before = this.#values.get(source) ?? this.#turned.get(source);
    const [from, to] = [source, of].map((name) => this.#facts.dimsOf(name)?.slice(2));
    const space = before?.space ?? source;
    const sizes = to?.map(sizeText).join('x');
    const isKept = from?.map(sizeText).join('x') === sizes;
    const isOpen = (before?.isOpen ?? false) || (!isKept && (to?.some((size) => typeof size !== 'number') ?? false));
    const value = { name: blockedName(of), of, channels, space: isKept ? space : `${space} > ${sizes}`, isOpen };
    this.#values.set(of, value);
    this.#nodes.push({ ...node, opType, domain, inputs, outputs: [value.name] });
  }

  #padded(channels: number): number {
    const { channelBlock } = this.#facts.processor;
    return Math.ceil(channels / channelBlock) * channelBlock;
  }

  /** Spaces of other names may be equally large at some bounds, where sizes are no numbers. */
  #isSameSpace(left: BlockedValue, right: BlockedValue): boolean {
    if (left.space === right.space) return true;
    if (left.isOpen || right.isOpen) this.#ask.noteOpen();
    return false;
  }
}

const RULES: Readonly<
  Record<string, 'convolve' | 'pool' | 'add' | 'multiply' | 'concatenate' | 'normalise' | 'resize'>
> = {
  Conv: 'convolve',
  FusedConv: 'convolve',
  MaxPool: 'pool',
  AveragePool: 'pool',
  GlobalMaxPool: 'pool',
  GlobalAveragePool: 'pool',
  BatchNormalization: 'normalise',
  Resize: 'resize',
  Add: 'add',
  Mul: 'multiply',
  Concat: 'concatenate',
};

/** Whether the pass may turn an image to blocks for this node; the others are taken over behind such a one. */
export function beginsBlocks({ opType }: Node): boolean {
  const rule = RULES[opType];
  return rule === 'convolve' || rule === 'pool';
}

function textOf({ attributes }: Node, wanted: string): string | null {
  const value = attributes.find(({ name }) => name === wanted)?.value;
  return value?.kind === 'string' ? Buffer.from(value.value).toString('utf8') : null;
}

function made(opType: string, inputs: readonly string[], output: string): Node {
  return {
    ...{ name: `${opType} of ${inputs[0]}`, opType, domain: DOMAIN, overload: '', inputs, outputs: [output] },
    ...{ attributes: [], docString: '', metadata: new Map(), unknown: [] },
  };
}
