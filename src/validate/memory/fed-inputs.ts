import type { Graph, Tensor, ValueInfo } from '../../onnx/model.ts';
import { Recent } from './recent.ts';

/** Inputs of a graph that a request brings: those that no initializer gives. */
export function fedInputs(graph: Pick<Graph, 'inputs' | 'initializers'>): readonly ValueInfo[] {
  return FED.of(graph, '', () => {
    const stored = new Set(graph.initializers.map(({ name }) => name));
    return graph.inputs.filter(({ name }) => !stored.has(name));
  });
}

const FED = new Recent<Pick<Graph, 'inputs' | 'initializers'>, readonly ValueInfo[]>(1);

/** Weights that no request can bring: the runtime works with no other ones before it runs. */
export function constantsOf({
  inputs,
  initializers,
}: Pick<Graph, 'inputs' | 'initializers'>): ReadonlyMap<string, Tensor> {
  const given = new Set(inputs.map(({ name }) => name));
  return new Map(initializers.filter(({ name }) => !given.has(name)).map((tensor) => [tensor.name, tensor]));
}
