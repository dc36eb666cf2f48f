import type { Tensor } from '../../onnx/model.ts';
import { type GraphPlace, nodeLabel } from './graph-places.ts';
import type { RuleContext } from './rule-context.ts';

/** A tensor that a model stores, and whether the runtime will ever look at its elements. */
export interface StoredTensor {
  readonly place: GraphPlace;
  readonly tensor: Tensor;
  readonly role: 'initializer' | 'sparse' | 'attribute';
  /** What messages call it. */
  readonly title: string;
  readonly node?: string;
  readonly isUsed: boolean;
}

/** Initializers, the parts of sparse ones, and tensors in attributes. */
export function* storedTensors(context: Pick<RuleContext, 'places' | 'usedNames'>): Iterable<StoredTensor> {
  for (const place of context.places) {
    const used = context.usedNames(place);
    const isUsed = (name: string): boolean => place.reached && used.has(name);
    for (const tensor of place.graph?.initializers ?? []) {
      const title = `initializer "${tensor.name}"`;
      yield { place, tensor, role: 'initializer', title, isUsed: isUsed(tensor.name) };
    }
    for (const { values, indices } of place.graph?.sparseInitializers ?? []) {
      const title = `sparse initializer "${values.name}"`;
      const isRead = isUsed(values.name);
      yield { place, tensor: values, role: 'sparse', title: `the values of ${title}`, isUsed: isRead };
      yield { place, tensor: indices, role: 'sparse', title: `the indices of ${title}`, isUsed: isRead };
    }
    for (const [index, node] of place.nodes.entries()) {
      const label = nodeLabel(node, index);
      // The runtime drops a node that nothing reads before it looks at its attributes.
      const isRead = node.outputs.some(isUsed);
      for (const { name, value } of node.attributes) {
        const tensors = value.kind === 'tensor' ? [value.value] : value.kind === 'tensors' ? value.values : [];
        for (const tensor of tensors) {
          const title = `the tensor in attribute "${name}" of node "${label}"`;
          yield { place, tensor, role: 'attribute', title, node: label, isUsed: isRead };
        }
      }
    }
  }
}
