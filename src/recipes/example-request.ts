import type { CaseTensor, Datatype } from '../../schemas/case.ts';
import type { Plan, TensorSignature } from '../../schemas/plan.ts';

/** A request that a model takes, small enough to be pasted: the first case where it is short, else made up from the signature. */
export function exampleRequest(plan: Plan, firstCase?: readonly CaseTensor[]): string {
  const request = firstCase && JSON.stringify({ inputs: firstCase });
  if (request && request.length <= LONGEST_REQUEST) return request;
  const required = plan.model.inputs.filter((input) => !plan.model.optionalInputs.includes(input.name));
  return JSON.stringify({ inputs: required.map(madeUp) });
}

/** What still reads well on a command line. */
const LONGEST_REQUEST = 400;

/** Elements that are written out; larger inputs are left to the reader's own data. */
const MOST_ELEMENTS = 4096;

const DATATYPES: Readonly<
  Record<TensorSignature['elementType'], { datatype: Datatype; value: CaseTensor['data'][number] }>
> = {
  float: { datatype: 'FP32', value: 0.5 },
  double: { datatype: 'FP64', value: 0.5 },
  float16: { datatype: 'FP16', value: 0.5 },
  int8: { datatype: 'INT8', value: 1 },
  uint8: { datatype: 'UINT8', value: 1 },
  int16: { datatype: 'INT16', value: 1 },
  uint16: { datatype: 'UINT16', value: 1 },
  int32: { datatype: 'INT32', value: 1 },
  uint32: { datatype: 'UINT32', value: 1 },
  int64: { datatype: 'INT64', value: 1 },
  uint64: { datatype: 'UINT64', value: 1 },
  bool: { datatype: 'BOOL', value: true },
  string: { datatype: 'BYTES', value: 'example' },
};

function madeUp({ name, elementType, shape }: TensorSignature): CaseTensor {
  const { datatype, value } = DATATYPES[elementType];
  const sizes = (shape ?? [1]).map((dimension) => (typeof dimension === 'number' ? dimension : 1));
  const count = sizes.reduce((product, size) => product * size, 1);
  return { name, datatype, shape: sizes, data: Array.from({ length: Math.min(count, MOST_ELEMENTS) }, () => value) };
}
