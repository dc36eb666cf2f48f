import type { InputSummary, PortSummary } from '../../nouns/model-summary.ts';
import type { Model, ValueInfo } from '../../onnx/model.ts';
import { typeText } from '../rules/describe.ts';

/** The inputs in the file's order; one that has an initializer of its name may be left out of a request. */
export function inputsOf({ graph }: Model): readonly InputSummary[] {
  const defaults = new Set([
    ...graph.initializers.map(({ name }) => name),
    ...graph.sparseInitializers.map(({ values }) => values.name),
  ]);
  return graph.inputs.map((input) => ({ ...portOf(input), optional: defaults.has(input.name) }));
}

export function outputsOf({ graph }: Model): readonly PortSummary[] {
  return graph.outputs.map(portOf);
}

function portOf({ name, type }: ValueInfo): PortSummary {
  if (type?.kind === 'tensor') return { name, datatype: type.elementType, shape: type.shape };
  return { name, datatype: typeText(type), shape: type?.kind === 'sparse-tensor' ? type.shape : null };
}
