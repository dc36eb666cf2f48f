import { renderShape } from '../open-inference/check-shape.ts';
import type { ServedType } from '../open-inference/datatypes.ts';
import { ELEMENT_BYTES, type RawLimits, readRawElements, readText } from '../open-inference/raw-elements.ts';
import type { Filling } from '../open-inference/read-elements.ts';
import { stepEnds } from '../reading-steps.ts';
import { badRequest, type RequestError } from '../request-error.ts';
import type { Port } from '../signature.ts';
import type { Steps } from '../take-in-turns.ts';
import { type Elements, elementCount } from '../tensor.ts';
import { WIRE, type WireReader } from './wire-reader.ts';
import { type Piece, WireWriter } from './wire-writer.ts';

interface Contents {
  readonly field: number;
  /** The name in `InferTensorContents`, for messages. */
  readonly name: string;
  /** How elements that are packed are read, from where the reader stands to `end`. */
  readonly kind: 'varint' | 'wide' | 'fixed' | 'text';
  /** Range of the element type where the field's own is wider. */
  readonly least?: number;
  readonly largest?: number;
}

const INTEGERS = { field: 2, name: 'int_contents', kind: 'varint' } as const;
const UNSIGNED = { field: 4, name: 'uint_contents', kind: 'varint' } as const;

/** Half precision has no typed contents. */
export type TypedType = Exclude<ServedType, 'float16'>;

/** Where `InferTensorContents` keeps each type. */
export const TYPED_CONTENTS: Readonly<Record<TypedType, Contents>> = {
  bool: { field: 1, name: 'bool_contents', kind: 'varint', least: 0, largest: 1 },
  int8: { ...INTEGERS, least: -128, largest: 127 },
  int16: { ...INTEGERS, least: -32768, largest: 32767 },
  int32: { ...INTEGERS, least: -2147483648, largest: 2147483647 },
  int64: { field: 3, name: 'int64_contents', kind: 'wide' },
  uint8: { ...UNSIGNED, least: 0, largest: 255 },
  uint16: { ...UNSIGNED, least: 0, largest: 65535 },
  uint32: { ...UNSIGNED, least: 0, largest: 4294967295 },
  uint64: { field: 5, name: 'uint64_contents', kind: 'wide' },
  float: { field: 6, name: 'fp32_contents', kind: 'fixed' },
  double: { field: 7, name: 'fp64_contents', kind: 'fixed' },
  string: { field: 8, name: 'bytes_contents', kind: 'text' },
};

type TensorLimits = RawLimits & { readonly dims: readonly number[] };

/**
 * Begins to read the typed contents of an input.
 *
 * @throws RequestError 400 that says what was wanted and what was found
 */
export function readTypedContents(reader: WireReader | undefined, port: Port, limits: TensorLimits): Filling {
  const { type } = port;
  if (type === 'float16') {
    throw badRequest(`input "${port.name}": FP16 has no typed contents; send it in raw_input_contents`);
  }
  const contents = TYPED_CONTENTS[type];
  const count = elementCount(limits.dims);
  // Each element takes a byte at least, so nothing is allocated that the message could not fill.
  if (count > (reader ? reader.end - reader.position : 0)) throw wrongCount(port, limits, 'fewer');
  if (reader === undefined) return { data: port.datatype.allocate(0), rest: undefined };
  if (contents.kind === 'fixed') return readFixed(reader, contents, { port, limits });
  const data = port.datatype.allocate(count);
  return { data, rest: fillEach(reader, contents, { port, limits, data }) };
}

interface ReadFacts {
  readonly port: Port;
  readonly limits: TensorLimits;
}

/** Floats, which lie in the message as they lie in memory: in one piece, as all but a few clients write them, or in several. */
function readFixed(reader: WireReader, contents: Contents, { port, limits }: ReadFacts): Filling {
  const start = reader.position;
  if (reader.nextField() === contents.field && reader.wireType === WIRE.bytes) {
    const bytes = reader.span(contents.name);
    if (reader.position === reader.end) {
      const count = bytes.length / ELEMENT_BYTES[port.type as 'float' | 'double'];
      if (count !== elementCount(limits.dims)) throw wrongCount(port, limits, count);
      return readRawElements(bytes, port, limits);
    }
  }
  reader.position = start;
  const data = port.datatype.allocate(elementCount(limits.dims)) as Float32Array;
  return { data, rest: fillFixed(reader, contents, { port, limits, data }) };
}

function* fillFixed(
  reader: WireReader,
  contents: Contents,
  { port, limits, data }: ReadFacts & { readonly data: Float32Array },
): Steps<void> {
  const width = data.BYTES_PER_ELEMENT;
  const into = new Uint8Array(data.buffer);
  let filled = 0;
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field !== contents.field) throw wrongField(port, contents, field);
    const isPacked = reader.wireType === WIRE.bytes;
    const end = isPacked ? reader.enter(contents.name) : 0;
    const start = reader.position;
    if (isPacked) reader.position = end;
    else reader.skip();
    const bytes = reader.position - start;
    if (!isPacked && bytes !== width) throw reader.malformed(`${width} bytes of ${contents.name}`);
    if (filled + bytes > into.length) throw wrongCount(port, limits, 'more');
    if (isPacked) into.set(reader.bytes.subarray(start, end), filled);
    else for (let place = 0; place < width; place++) into[filled + place] = reader.bytes[start + place] as number;
    filled += bytes;
    if (stepEnds(reader)) yield;
  }
  if (filled !== into.length) throw wrongCount(port, limits, filled / width);
}

function* fillEach(
  reader: WireReader,
  contents: Contents,
  { port, limits, data }: ReadFacts & { readonly data: Elements },
): Steps<void> {
  const readOne = makeElementReader(reader, contents, { port, limits, data });
  let index = 0;
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field !== contents.field) throw wrongField(port, contents, field);
    const single = contents.kind === 'text' || reader.wireType === WIRE.varint;
    const end = single ? reader.position + 1 : reader.enter(contents.name);
    while (reader.position < end) {
      if (index === data.length) throw wrongCount(port, limits, 'more');
      readOne(index++);
      if (stepEnds(reader)) yield;
      if (single) break;
    }
    if (!single && reader.position !== end) throw reader.malformed(`the end of ${contents.name}`);
  }
  if (index !== data.length) throw wrongCount(port, limits, index);
}

function makeElementReader(
  reader: WireReader,
  contents: Contents,
  { port, limits, data }: ReadFacts & { readonly data: Elements },
): (index: number) => void {
  if (Array.isArray(data)) {
    return (index) => {
      const end = reader.enter(contents.name);
      const start = reader.position;
      reader.position = end;
      data[index] = readText(reader.bytes, { start, end }, { port, index, limits });
    };
  }
  if (contents.kind === 'wide') {
    const words = new Uint32Array(data.buffer);
    return (index) => {
      reader.varint();
      words[2 * index] = reader.low;
      words[2 * index + 1] = reader.high;
    };
  }
  const { least = 0, largest = 0 } = contents;
  const integers = data as Int32Array;
  return (index) => {
    reader.varint();
    const value = reader.signed();
    if (value < least || value > largest) {
      throw badRequest(
        `input "${port.name}", element ${index}: wanted an integer from ${least} to ${largest} for ${port.datatype.name}, found ${value}`,
      );
    }
    integers[index] = value;
  };
}

/** Elements that are written at a time. */
const STEP_ELEMENTS = 4096;

/** Whether elements of a type lie in typed contents as they lie in memory. */
export function isLaidAlike(type: TypedType): boolean {
  return type === 'bool' || TYPED_CONTENTS[type].kind === 'fixed';
}

/** Elements of an output as typed contents have them, where that is otherwise than in memory. */
export function writeTypedElements(type: TypedType, data: Elements): Steps<WireWriter> {
  const { field, kind } = TYPED_CONTENTS[type];
  return Array.isArray(data) ? writeTexts(field, data) : writeVarints(data, kind);
}

/** Typed contents of an output as a message, of its elements as they are there; in pieces that follow one another. */
export function wrapContents({ type }: Port, elements: Piece): readonly Piece[] {
  const { field, kind } = TYPED_CONTENTS[type as TypedType];
  if (elements.length === 0) return [];
  return kind === 'text' ? [elements] : [new WireWriter(16).tag(field, WIRE.bytes).varint(elements.length), elements];
}

function* writeTexts(field: number, texts: readonly string[]): Steps<WireWriter> {
  const writer = new WireWriter(texts.length * 4 + 16);
  for (let index = 0; index < texts.length; index++) {
    writer.string(field, texts[index] as string);
    if (index % STEP_ELEMENTS === STEP_ELEMENTS - 1) yield;
  }
  return writer;
}

function* writeVarints(data: Exclude<Elements, string[]>, kind: Contents['kind']): Steps<WireWriter> {
  const packed = new WireWriter(data.length * 3 + 16);
  const words = kind === 'wide' ? new Uint32Array(data.buffer, data.byteOffset, data.length * 2) : undefined;
  for (let index = 0; index < data.length; index++) {
    if (words) packed.words(words[2 * index] as number, words[2 * index + 1] as number);
    else packed.varint(data[index] as number);
    if (index % STEP_ELEMENTS === STEP_ELEMENTS - 1) yield;
  }
  return packed;
}

function wrongField(port: Port, contents: Contents, field: number): RequestError {
  const found = Object.values(TYPED_CONTENTS).find((other) => other.field === field)?.name ?? `field ${field}`;
  return badRequest(
    `input "${port.name}": wanted ${contents.name} for ${port.datatype.name}, found ${found} in its contents`,
  );
}

function wrongCount(port: Port, { dims }: TensorLimits, found: number | string): RequestError {
  const wanted = elementCount(dims);
  return badRequest(`input "${port.name}": shape ${renderShape(dims)} wants ${wanted} elements, contents has ${found}`);
}
