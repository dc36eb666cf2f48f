import type { Graph, Model } from '../../onnx/model.ts';

/**
 * Before IR 4 every initializer is listed among the inputs as well. Where the runtime's optimiser has folded such an initializer
 * away, its input stays behind and would have to be fed on every run; this takes it off again. Inputs that were no initializers of
 * the original stay, used or not: they are part of its signature.
 */
export function stripDeadInputs(prepared: Model, original: Model): Model {
  const defaults = new Set(initializerNames(original.graph));
  const alive = new Set(initializerNames(prepared.graph));
  const inputs = prepared.graph.inputs.filter(({ name }) => !defaults.has(name) || alive.has(name));
  if (inputs.length === prepared.graph.inputs.length) return prepared;
  const graph: Graph = { ...prepared.graph, inputs };
  return { ...prepared, graph };
}

function initializerNames(graph: Graph): readonly string[] {
  return [...graph.initializers, ...graph.sparseInitializers.map(({ values }) => values)].map(({ name }) => name);
}
