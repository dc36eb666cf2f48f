import type { Job } from '../job.ts';
import type { Axis, Port, Signature } from '../signature.ts';
import { type Tensors, tensorsBytes } from '../tensor.ts';

/** Bytes of an element, and letters that it takes in JSON at the most, its comma included. */
const SIZES: Readonly<Record<Port['type'], readonly [bytes: number, letters: number]>> = {
  float: [4, 22],
  double: [8, 25],
  float16: [2, 14],
  int8: [1, 5],
  uint8: [1, 4],
  int16: [2, 7],
  uint16: [2, 6],
  int32: [4, 12],
  uint32: [4, 11],
  int64: [8, 21],
  uint64: [8, 21],
  bool: [1, 6],
  string: [32, 64],
};

/** An answer is there as text and as the bytes that go out, for a moment. */
const COPIES = 2;

/**
 * What the answers to jobs will take: tensors and text. Computed from the request where the model's signature says how an
 * output's size follows from the inputs'; where it does not, the most that a row has given so far.
 */
export class AnswerBytes {
  readonly #outputs = new Map<string, OutputRule>();
  readonly #mustLearn: boolean;

  constructor({ inputs, outputs }: Signature) {
    for (const port of outputs) this.#outputs.set(port.name, ruleOf(port, inputs));
    this.#mustLearn = [...this.#outputs.values()].some(({ isOpen }) => isOpen);
  }

  expect({ inputs, outputs, rows }: Job): number {
    let bytes = 0;
    for (const name in outputs) {
      const rule = this.#outputs.get(name);
      if (rule !== undefined) bytes += elementsOf(rule, inputs, rows) * rule.elementBytes;
    }
    return bytes;
  }

  /** Notes what a job was answered with. */
  learn({ rows }: Job, tensors: Tensors): void {
    if (!this.#mustLearn) return;
    for (const name in tensors) {
      const rule = this.#outputs.get(name);
      const tensor = tensors[name];
      if (rule === undefined || tensor === undefined || !rule.isOpen) continue;
      const perRow = tensor.data.length / Math.max(1, rows ?? 1);
      if (perRow > rule.mostPerRow) rule.mostPerRow = perRow;
      if (Array.isArray(tensor.data) && tensor.data.length > 0) {
        const each = (tensorsBytes({ tensor }) * (1 + COPIES)) / tensor.data.length;
        if (each > rule.elementBytes) rule.elementBytes = each;
      }
    }
  }
}

interface OutputRule {
  elementBytes: number;
  /** Product of the sizes that are known. */
  readonly factor: number;
  /** Where a request shows the sizes that are not. */
  readonly places: readonly { readonly input: string; readonly axis: number }[];
  /** Whether a size is left that nothing shows. */
  readonly isOpen: boolean;
  mostPerRow: number;
}

function ruleOf(port: Port, inputs: readonly Port[]): OutputRule {
  const [bytes, letters] = SIZES[port.type];
  let factor = 1;
  let isOpen = port.axes === null || port.type === 'string';
  const places: { input: string; axis: number }[] = [];
  for (const axis of port.axes ?? []) {
    const place = typeof axis === 'number' ? undefined : placeOf(axis, inputs);
    if (typeof axis === 'number') factor *= axis;
    else if (place === undefined) isOpen = true;
    else places.push(place);
  }
  return { elementBytes: bytes + COPIES * letters, factor, places, isOpen, mostPerRow: 0 };
}

function placeOf(wanted: Axis, inputs: readonly Port[]): { input: string; axis: number } | undefined {
  if (wanted === null) return undefined;
  for (const { name, axes } of inputs) {
    const axis = axes?.indexOf(wanted) ?? -1;
    if (axis >= 0) return { input: name, axis };
  }
  return undefined;
}

function elementsOf({ factor, places, isOpen, mostPerRow }: OutputRule, inputs: Tensors, rows: number | null): number {
  let elements = factor;
  for (const { input, axis } of places) elements *= inputs[input]?.dims[axis] ?? 1;
  return isOpen ? Math.max(elements, mostPerRow * (rows ?? 1)) : elements;
}
