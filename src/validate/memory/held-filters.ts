import type { Graph, Model, Node, Tensor, ValueInfo } from '../../onnx/model.ts';
import { tensorBytes } from '../../onnx/tensor-size.ts';
import type { Profile } from '../runtime/session-options.ts';
import { blockedFilterBytes } from './blocked-convolution.ts';
import { allGraphs } from './execution-order.ts';
import { constantsOf } from './fed-inputs.ts';
import { foldCasts } from './fold-casts.ts';
import type { KernelSettings } from './kernel.ts';
import { PROCESSORS } from './processor.ts';
import { Recent } from './recent.ts';

/**
 * Filters that `lean` holds in blocks, in all: about what the process takes before it has a model. Convolutions on images in blocks take a
 * third to a half less time, and no scratch; what they cost is a copy of their filters.
 */
const MOST_HELD_BYTES = 24 * 2 ** 20;

/** Without blocks, a window costs a copy of the image for each of its places: so it is worth blocks at this many times the bytes (measured). */
const WINDOW_WORTH = 4;

/** In the model's metadata, since that is all that tells the plan and the server how the file is to be loaded. */
const MARK = { key: 'plimsoll.filters', value: 'held' };

/** Whether the model is made to be loaded by `lean` with its layout pass on. */
export function holdsFilters({ metadata }: Pick<Model, 'metadata'>): boolean {
  return metadata.get(MARK.key) === MARK.value;
}

/** What a profile does to a model when it is loaded. */
export function loading(profile: Profile, model: Model): Pick<KernelSettings, 'prepacked' | 'inBlocks'> {
  const prepacked = profile === 'fast';
  return { prepacked, inBlocks: prepacked || holdsFilters(model) };
}

/**
 * The model as `lean` loads it with the runtime's layout pass on: filters of convolutions are held in blocks, those first that cost least
 * for what they bring, and the others are made inputs with a default, which the pass leaves where they are mapped. The model itself where
 * nothing can be held.
 */
export function withHeldFilters(model: Model): Model {
  return holdsFilters(model) ? model : HELD.of(model, '', () => hold(model));
}

const HELD = new Recent<Model, Model>(1);

/** The model as it was without. */
export function withoutHeldFilters(model: Model): Model {
  return holdsFilters(model) ? BARE.of(model, '', () => release(model)) : model;
}

const BARE = new Recent<Model, Model>(1);

function hold(model: Model): Model {
  const { graph } = model;
  if (!isLeftAlone(graph)) return model;
  const filters = filtersOf(graph).toSorted((a, b) => a.cost - b.cost);
  let bytes = widenedBytes(graph);
  const held = new Set<Filter>();
  for (const filter of filters) {
    bytes += filter.bytes;
    if (bytes > MOST_HELD_BYTES) break;
    held.add(filter);
  }
  if (held.size === 0) return model;
  const left = filters.filter((filter) => !held.has(filter));
  return {
    ...model,
    metadata: new Map([...model.metadata, [MARK.key, MARK.value]]),
    graph: { ...graph, inputs: [...graph.inputs, ...left.map(({ tensor }) => asInput(tensor))] },
  };
}

/** The level widens weights of half precision for good, and lays out those that are filters: none of that can be left out. */
function widenedBytes(graph: Graph): number {
  const own = new Set(graph.initializers);
  const folded = foldCasts(graph);
  const widened = folded.initializers.filter((tensor) => !own.has(tensor));
  const filters = filtersOf(folded).filter(({ tensor }) => !own.has(tensor));
  return [
    ...widened.map(({ elementType, dims }) => tensorBytes(elementType, dims) ?? 0),
    ...filters.map(({ bytes }) => bytes),
  ].reduce((sum, bytes) => sum + bytes, 0);
}

function release(model: Model): Model {
  const { graph } = model;
  const left = new Set(everyFilter(graph).map(({ name }) => name));
  return {
    ...model,
    metadata: new Map([...model.metadata].filter(([key]) => key !== MARK.key)),
    graph: { ...graph, inputs: graph.inputs.filter(({ name }) => !left.has(name)) },
  };
}

/**
 * Whether the level turns no images of quantized convolutions, and all filters can be left out. Graphs within nodes have no inputs with a
 * default, and filters that are such inputs already could not be told from those that are made so.
 */
function isLeftAlone(graph: Graph): boolean {
  const given = new Set(graph.inputs.map(({ name }) => name));
  const [, ...inner] = allGraphs(graph);
  const isTurned = graph.nodes.some(({ opType }) => opType === 'QLinearConv');
  const isInside = inner.some(({ nodes }) => nodes.some(({ opType }) => opType.endsWith('Conv')));
  return !isTurned && !isInside && !everyFilter(graph).some(({ name }) => given.has(name));
}

interface Filter {
  readonly tensor: Tensor;
  readonly bytes: number;
  /** In bytes, by what they bring. */
  readonly cost: number;
}

/** What the pass would lay out, once each, on any processor. */
function filtersOf(graph: Graph): readonly Filter[] {
  const constants = constantsOf(graph);
  const found = new Map<string, Filter>();
  for (const node of graph.nodes) {
    const tensor = constants.get(node.inputs[1] ?? '');
    const bytes = heldBytes(node, constants);
    if (tensor === undefined || bytes === null) continue;
    const [, , ...window] = tensor.dims;
    const isWindow = window.some((size) => size > 1);
    found.set(tensor.name, { tensor, bytes, cost: bytes / (isWindow ? WINDOW_WORTH : 1) });
  }
  return [...found.values()];
}

/** On the processor where it is most; `null` where the pass does nothing on any. */
function heldBytes(node: Node, constants: ReadonlyMap<string, Tensor>): number | null {
  const weightOf = (name: string) => constants.get(name) ?? null;
  const bytes = PROCESSORS.flatMap((processor) => blockedFilterBytes(node, weightOf, processor) ?? []);
  return bytes.length === 0 ? null : Math.max(...bytes);
}

function everyFilter({ nodes, initializers }: Graph): readonly Tensor[] {
  const names = new Set(
    nodes.flatMap(({ opType, inputs }) => (opType === 'Conv' || opType === 'FusedConv' ? [inputs[1] ?? ''] : [])),
  );
  return initializers.filter(({ name }) => names.has(name));
}

function asInput({ name, elementType, dims }: Tensor): ValueInfo {
  return { name, type: { kind: 'tensor', elementType, shape: dims }, docString: '', metadata: new Map(), unknown: [] };
}
