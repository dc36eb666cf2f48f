import type { ElementType } from '../../onnx/model.ts';
import type { Calibration, Curve, Seat } from './calibration.ts';
import { product } from './kernel.ts';
import { isSized, type SizeLookup } from './value-sizes.ts';

/** How tensors come to the server and go from it; `none`: they are there already. */
export type Transport = 'none' | 'binary' | 'json';

export interface TravelFacts {
  readonly transport: Transport;
  readonly seat: Seat;
  readonly calibration: Calibration;
}

/** Bytes of the tensors of one request, and of its answer. */
export interface Requests {
  readonly inputBytes: number;
  readonly outputBytes: number;
}

/** What carrying tensors takes beside themselves, in whole bytes. */
export interface TravelBytes {
  /** From the first byte of a request on. */
  readonly request: number;
  /** When the run is over, while the answer is made and sent. */
  readonly answer: number;
  /** How much more it was at the most: V8 promises nothing of when it collects what JSON leaves behind. */
  readonly doubt: number;
}

/** Measured for requests and for answers of several sizes, and taken to run straight between them. */
export function travelBytes({ transport, seat, calibration }: TravelFacts, requests: Requests): TravelBytes {
  const { inputBytes, outputBytes } = requests;
  // The binding copies what the runtime gives.
  if (transport === 'none') return { request: 0, answer: outputBytes, doubt: 0 };
  const { request, answer, requestSpread, answerSpread } = calibration.travel[seat][transport];
  return {
    request: Math.ceil(along(request, inputBytes)),
    answer: Math.ceil(along(answer, outputBytes)),
    doubt: Math.ceil(Math.max(along(requestSpread, inputBytes), along(answerSpread, outputBytes))),
  };
}

/** On a line in pieces that begins at nothing; beyond its last point it goes on as between the last two. */
export function along(curve: Curve, bytes: number): number {
  let [fromBytes, fromExtra] = [0, 0];
  let slope = 0;
  for (const [toBytes, toExtra] of curve) {
    slope = (toExtra - fromExtra) / (toBytes - fromBytes);
    if (bytes <= toBytes) break;
    [fromBytes, fromExtra] = [toBytes, toExtra];
  }
  return fromExtra + slope * (bytes - fromBytes);
}

/** Letters that an element takes in JSON at the most, its comma included: floats as the shortest text that gives them back. */
const LETTERS: Readonly<Partial<Record<ElementType, number>>> = {
  float: 22,
  double: 25,
  float16: 14,
  int64: 21,
  uint64: 21,
  int32: 12,
  uint32: 11,
  int16: 7,
  uint16: 6,
  int8: 5,
  uint8: 4,
  bool: 6,
  string: 64,
};

/** What the bodies of a request and its answer take beside the tensors themselves, when both are there. */
export function transportBytes(
  transport: Transport,
  {
    inputs,
    outputs,
    sizes,
    bodyBytes = Infinity,
  }: {
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
    readonly sizes: SizeLookup;
    /** The longest body that the server takes. */
    readonly bodyBytes?: number | undefined;
  },
): number {
  if (transport === 'none') return 0;
  const textOf = (names: readonly string[]) =>
    names.reduce((sum, name) => {
      const size = sizes(name);
      if (!isSized(size)) return sum;
      return sum + (transport === 'binary' ? size.bytes : product(size.dims) * (LETTERS[size.elementType] ?? 25));
    }, 0);
  return Math.min(textOf(inputs), bodyBytes) + textOf(outputs);
}
