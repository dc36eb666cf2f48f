import type { Model, Tensor } from '../../onnx/model.ts';
import { graphPlaces, nodeLabel } from '../rules/graph-places.ts';

/**
 * The tensors of a model by a name that a person can find them by: initializers and outputs of Constant nodes by their own,
 * those in other attributes by node and attribute. Of several with one name the first.
 */
export function namedTensors(model: Model): ReadonlyMap<string, Tensor> {
  const found = new Map<string, Tensor>();
  for (const { path, graph, nodes } of graphPlaces(model)) {
    const keep = (name: string, tensor: Tensor): void => {
      const full = path === '' ? name : `${path}/${name}`;
      if (!found.has(full)) found.set(full, tensor);
    };
    for (const tensor of graph?.initializers ?? []) keep(tensor.name, tensor);
    for (const { values, indices } of graph?.sparseInitializers ?? []) {
      keep(values.name, values);
      keep(`${values.name}/indices`, indices);
    }
    for (const [index, node] of nodes.entries()) {
      const owner = node.opType === 'Constant' ? (node.outputs[0] ?? '') : nodeLabel(node, index);
      for (const { name, value } of node.attributes) {
        if (value.kind === 'tensor') keep(node.opType === 'Constant' ? owner : `${owner}/${name}`, value.value);
        if (value.kind === 'tensors')
          for (const [at, tensor] of value.values.entries()) keep(`${owner}/${name}/${at}`, tensor);
      }
    }
  }
  return found;
}
