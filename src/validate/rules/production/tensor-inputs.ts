import type { Model, Shape } from '../../../onnx/model.ts';

export interface TensorInput {
  readonly name: string;
  readonly shape: Shape;
}

/** The inputs that a caller must feed: tensors without an initializer of the same name. */
export function tensorInputs({ graph }: Model): readonly TensorInput[] {
  const given = new Set(graph.initializers.map((tensor) => tensor.name));
  return graph.inputs.flatMap(({ name, type }) =>
    type?.kind === 'tensor' && !given.has(name) ? [{ name, shape: type.shape }] : [],
  );
}
