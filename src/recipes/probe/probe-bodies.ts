import type { CaseTensor, Datatype } from '../../../schemas/case.ts';
import type { Plan, TensorSignature } from '../../../schemas/plan.ts';
import { axisKey, lettersKey } from '../../nouns/axis-bound.ts';
import { float16ToNumber } from '../../onnx/small-floats.ts';
import { type Attempt, synthesiseFeeds } from '../../validate/runtime/synthesise-feeds.ts';
import type { TensorValue, TensorValues } from '../../validate/runtime/tensor-value.ts';

/** A request for inference, ready to be sent. */
export interface ProbeBody {
  readonly transport: 'json' | 'binary';
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
}

export type ProbeSize = 'largest' | 'smallest' | 'one-row';

/** What integers are tried in turn: most models take them as places in a table, some as flags. */
export const INTEGERS: readonly Attempt['integers'][] = ['mixed', 'ones', 'zeros'];

/** A dimension that the model leaves open and nobody has bounded. */
const UNBOUNDED = { outer: 2, inner: 8 };

/**
 * A request that the packaged model should take, at the bounds or at the least, with made-up values; as JSON, which takes most
 * room, or as bytes where JSON would be longer than the server takes. `null` where even bytes are too long.
 */
export function probeBody(
  plan: Plan,
  { size, integers }: { readonly size: ProbeSize; readonly integers: Attempt['integers'] },
): ProbeBody | null {
  const ports = plan.model.inputs
    .filter(({ name }) => !plan.model.optionalInputs.includes(name))
    .map((input) => ({ name: input.name, elementType: input.elementType, shape: shapeOf(input, plan, size) }));
  const attempt = { ...UNBOUNDED, integers };
  const made = synthesiseFeeds(ports, { attempt, bounds: {}, seed: 1 });
  if (made === null) return null;
  const feeds = size === 'largest' && integers === 'mixed' ? withLongTexts(made, plan.bounds) : made;
  const json = jsonBody(feeds);
  if (json.bytes.length <= plan.limits.bodyBytes) return json;
  const binary = binaryBody(feeds);
  return binary !== null && binary.bytes.length <= plan.limits.bodyBytes ? binary : null;
}

/** Texts as long as they may be, of as many words as that allows. */
function withLongTexts(feeds: TensorValues, bounds: Plan['bounds']): TensorValues {
  return new Map(
    [...feeds].map(([name, tensor]) => {
      const key = lettersKey(name);
      const letters = Object.hasOwn(bounds, key) ? bounds[key] : undefined;
      if (letters === undefined || !Array.isArray(tensor.data)) return [name, tensor];
      return [name, { ...tensor, data: tensor.data.map(() => 'to '.repeat(Math.ceil(letters / 3)).slice(0, letters)) }];
    }),
  );
}

/** The inputs of a case, as they are. */
export function caseBody(inputs: readonly CaseTensor[]): ProbeBody {
  return asJson({ inputs });
}

function shapeOf({ name, shape }: TensorSignature, { bounds, batching }: Plan, size: ProbeSize): readonly number[] {
  return (shape ?? []).map((dimension, axis) => {
    if (typeof dimension === 'number') return dimension;
    const key = dimension ?? axisKey(name, axis);
    const bound = Object.hasOwn(bounds, key) ? bounds[key] : undefined;
    const most = bound ?? (axis === 0 ? UNBOUNDED.outer : UNBOUNDED.inner);
    if (size === 'largest')
      return axis === 0 && bound === undefined && batching.state === 'proven' ? batching.maxSize : most;
    return size === 'smallest' || axis === 0 ? 1 : most;
  });
}

const DATATYPES: Readonly<Partial<Record<TensorValue['elementType'], Datatype>>> = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float16: 'FP16',
  float: 'FP32',
  double: 'FP64',
  string: 'BYTES',
};

function jsonBody(feeds: ReadonlyMap<string, TensorValue>): ProbeBody {
  return asJson({
    inputs: [...feeds].map(([name, tensor]) => ({ ...headOf(name, tensor), data: elementsOf(tensor) })),
  });
}

function asJson(request: object): ProbeBody {
  // 64-bit integers are written as numbers; those that are made up are 0 or 1.
  const text = JSON.stringify(request, (_, value) => (typeof value === 'bigint' ? Number(value) : value));
  return { transport: 'json', headers: { 'content-type': 'application/json' }, bytes: Buffer.from(text) };
}

/** The protocol's extension for binary tensors; texts would need lengths of their own and stay JSON. */
function binaryBody(feeds: ReadonlyMap<string, TensorValue>): ProbeBody | null {
  const parts: Uint8Array[] = [];
  const inputs = [...feeds].map(([name, tensor]) => {
    const { data } = tensor;
    if (!ArrayBuffer.isView(data)) return null;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    parts.push(bytes);
    return { ...headOf(name, tensor), parameters: { binary_data_size: bytes.length } };
  });
  if (inputs.includes(null)) return null;
  const head = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
  return {
    transport: 'binary',
    headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(head.length) },
    bytes: Buffer.concat([head, ...parts]),
  };
}

function headOf(name: string, { elementType, dims }: TensorValue) {
  return { name, datatype: DATATYPES[elementType], shape: dims };
}

function elementsOf({ elementType, data }: TensorValue): readonly unknown[] {
  if (elementType === 'float16') return Array.from(data as Uint16Array, float16ToNumber);
  if (elementType === 'bool') return Array.from(data as Uint8Array, (value) => value === 1);
  return Array.from(data as ArrayLike<unknown>);
}
