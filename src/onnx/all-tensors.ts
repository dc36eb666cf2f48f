import type { Attribute, AttributeValue, Graph, LocalFunction, Model, Node, SparseTensor, Tensor } from './model.ts';

export interface TensorPlace {
  readonly tensor: Tensor;
  /** As `Location.graph` names graphs: empty for the main one, `node/attribute` for a subgraph. */
  readonly graph: string;
  /** Dense initializers are what runtimes map from external files; the others are parts of nodes and sparse tensors. */
  readonly role: 'initializer' | 'sparse' | 'attribute';
}

/** Every tensor of a model in the file's order: initializers and attributes, of subgraphs and functions as well. */
export function allTensors(model: Model): readonly TensorPlace[] {
  const places: TensorPlace[] = [];
  mapTensors(model, (place) => {
    places.push(place);
    return place.tensor;
  });
  return places;
}

/**
 * The model with every tensor replaced by what `change` makes of it. Parts in which nothing changed are the same values as
 * before, so that a writer copies them.
 */
export function mapTensors(model: Model, change: (place: TensorPlace) => Tensor): Model {
  return merge(model, {
    graph: mapGraph(model.graph, { graph: '', change }),
    functions: mapList(model.functions, (local) => mapFunction(local, change)),
  });
}

interface Scope {
  readonly graph: string;
  readonly change: (place: TensorPlace) => Tensor;
}

function mapFunction(local: LocalFunction, change: Scope['change']): LocalFunction {
  const scope = { graph: `function:${local.domain}:${local.name}`, change };
  return merge(local, {
    nodes: mapList(local.nodes, (node) => mapNode(node, scope)),
    attributeDefaults: mapList(local.attributeDefaults, (attribute) => mapAttribute(attribute, { ...scope, node: '' })),
  });
}

function mapGraph(graph: Graph, scope: Scope): Graph {
  const place = { graph: scope.graph };
  return merge(graph, {
    nodes: mapList(graph.nodes, (node) => mapNode(node, scope)),
    initializers: mapList(graph.initializers, (tensor) => scope.change({ ...place, tensor, role: 'initializer' })),
    sparseInitializers: mapList(graph.sparseInitializers, (tensor) => mapSparse(tensor, scope)),
  });
}

function mapNode(node: Node, scope: Scope): Node {
  const inner = { ...scope, node: node.name || node.opType };
  return merge(node, { attributes: mapList(node.attributes, (attribute) => mapAttribute(attribute, inner)) });
}

function mapAttribute(attribute: Attribute, scope: Scope & { readonly node: string }): Attribute {
  const path = [scope.graph, scope.node, attribute.name].filter((part) => part !== '').join('/');
  return merge(attribute, { value: mapValue(attribute.value, { outer: scope, inner: { ...scope, graph: path } }) });
}

function mapValue(value: AttributeValue, scopes: { readonly outer: Scope; readonly inner: Scope }): AttributeValue {
  const { outer, inner } = scopes;
  const dense = (tensor: Tensor): Tensor => outer.change({ graph: outer.graph, tensor, role: 'attribute' });
  switch (value.kind) {
    case 'tensor':
      return merge(value, { value: dense(value.value) });
    case 'tensors':
      return merge(value, { values: mapList(value.values, dense) });
    case 'sparse-tensor':
      return merge(value, { value: mapSparse(value.value, outer) });
    case 'sparse-tensors':
      return merge(value, { values: mapList(value.values, (tensor) => mapSparse(tensor, outer)) });
    case 'graph':
      return merge(value, { value: mapGraph(value.value, inner) });
    case 'graphs':
      return merge(value, { values: mapList(value.values, (graph) => mapGraph(graph, inner)) });
    default:
      return value;
  }
}

function mapSparse(tensor: SparseTensor, scope: Scope): SparseTensor {
  const part = (inner: Tensor): Tensor => scope.change({ graph: scope.graph, tensor: inner, role: 'sparse' });
  return merge(tensor, { values: part(tensor.values), indices: part(tensor.indices) });
}

function mapList<T>(list: readonly T[], change: (item: T) => T): readonly T[] {
  let result: T[] | null = null;
  list.forEach((item, index) => {
    const changed = change(item);
    if (changed === item) return;
    result ??= [...list];
    result[index] = changed;
  });
  return result ?? list;
}

/** `value` itself where `parts` are what it has already. */
function merge<T extends object>(value: T, parts: Partial<T>): T {
  const isSame = (Object.keys(parts) as (keyof T)[]).every((key) => value[key] === parts[key]);
  return isSame ? value : { ...value, ...parts };
}
