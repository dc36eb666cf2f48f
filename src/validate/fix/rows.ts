import type { Elements, TensorValue, TensorValues } from '../runtime/tensor-value.ts';

/** Puts feeds of one row each together, one below the other; inputs without rows are those of the first. */
export function joinRows(rows: readonly TensorValues[], hasRows: (value: TensorValue) => boolean): TensorValues {
  const [first] = rows;
  return new Map(
    [...(first ?? [])].map(([name, value]) => {
      if (!hasRows(value)) return [name, value];
      const parts = rows.flatMap((row) => row.get(name) ?? []);
      return [
        name,
        { ...value, dims: [parts.length, ...value.dims.slice(1)], data: join(parts.map(({ data }) => data)) },
      ];
    }),
  );
}

/** One row out of each output, as an output of one row; `null` where an output has another number of rows. */
export function splitRows(values: TensorValues, { row, batch }: { row: number; batch: number }): TensorValues | null {
  const split = [...values].map(([name, value]): readonly [string, TensorValue] | null => {
    if (value.dims[0] !== batch) return null;
    const size = value.data.length / batch;
    const data = value.data.slice(row * size, (row + 1) * size) as Elements;
    return [name, { ...value, dims: [1, ...value.dims.slice(1)], data }];
  });
  const whole = split.filter((entry) => entry !== null);
  return whole.length === split.length ? new Map(whole) : null;
}

function join(parts: readonly Elements[]): Elements {
  const [first] = parts;
  if (first === undefined || Array.isArray(first)) return parts.flatMap((part) => [...(part as readonly string[])]);
  const typed = parts as readonly Float32Array[];
  const whole = new (first.constructor as Float32ArrayConstructor)(typed.reduce((sum, { length }) => sum + length, 0));
  let used = 0;
  for (const part of typed) {
    whole.set(part, used);
    used += part.length;
  }
  return whole;
}
