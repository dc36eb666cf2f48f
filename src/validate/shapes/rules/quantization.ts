import type { ElementType } from '../../../onnx/model.ts';
import type { NodeContext } from '../node-context.ts';
import { always, output, outputs, type RuleTable, shapeOf } from '../rule.ts';
import { elementTypeAttribute } from './types.ts';

export const quantization: RuleTable = {
  QuantizeLinear: output(quantizedType, shapeOf(0)),
  DequantizeLinear: output(
    (context) => elementTypeAttribute(context, 'output_dtype', context.elementType(1)),
    shapeOf(0),
  ),
  DynamicQuantizeLinear: outputs([always('uint8'), always('float'), always('uint8')], (context) => [
    context.shape(0),
    [],
    [],
  ]),
};

/** The type of the zero point; where there is none, the one that an attribute names, else bytes. */
export function quantizedType(context: NodeContext): ElementType {
  return context.has(2) ? context.elementType(2) : elementTypeAttribute(context, 'output_dtype', 'uint8');
}
