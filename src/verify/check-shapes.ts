import type { Datatype } from '../../schemas/case.ts';
import type { TensorSignature } from '../../schemas/plan.ts';
import type { Tensors } from './rows.ts';

/** What of an answer is not as the signature says, in words; symbols have the sizes that the request gave them. */
export function shapeFaults(
  outputs: Tensors,
  {
    signature,
    datatypeOf,
    sizes,
  }: {
    readonly signature: readonly TensorSignature[];
    readonly datatypeOf: (elementType: TensorSignature['elementType']) => Datatype | undefined;
    readonly sizes: ReadonlyMap<string, number>;
  },
): readonly string[] {
  return signature.flatMap(({ name, elementType, shape }) => {
    const found = outputs.find((output) => output.name === name);
    if (found === undefined) return [`${name} is missing from the answer`];
    const faults: string[] = [];
    const datatype = datatypeOf(elementType);
    if (found.datatype !== datatype) faults.push(`${name} is ${found.datatype}, the signature says ${datatype}`);
    const count = found.shape.reduce((product, size) => product * size, 1);
    if (found.data.length !== count)
      faults.push(`${name} has ${found.data.length} elements for the shape [${found.shape}]`);
    if (shape !== null && !fits(found.shape, shape, sizes))
      faults.push(
        `${name} has the shape [${found.shape}], the signature says [${shape.map((size) => size ?? '?').join(', ')}]`,
      );
    return faults;
  });
}

function fits(
  found: readonly number[],
  shape: NonNullable<TensorSignature['shape']>,
  sizes: ReadonlyMap<string, number>,
) {
  if (found.length !== shape.length) return false;
  return shape.every((size, axis) => {
    const wanted = typeof size === 'string' ? sizes.get(size) : size;
    return wanted === undefined || wanted === null || wanted === found[axis];
  });
}

/** What the open dimensions of a request are. */
export function symbolSizes(inputs: Tensors, signature: readonly TensorSignature[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { name, shape } of signature) {
    const found = inputs.find((input) => input.name === name);
    shape?.forEach((symbol, axis) => {
      const size = found?.shape[axis];
      if (typeof symbol === 'string' && size !== undefined) sizes.set(symbol, size);
    });
  }
  return sizes;
}
