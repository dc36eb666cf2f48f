import { keepShape } from '../keep-shape.ts';
import { letGo, letTensorsGo } from '../let-go.ts';
import { LONG_ELEMENTS } from '../open-inference/encode.ts';
import { writeRawNumbers, writeRawTexts } from '../open-inference/raw-elements.ts';
import type { Port, Signature } from '../signature.ts';
import { type Steps, takeAtOnce } from '../take-in-turns.ts';
import type { Elements, Tensor, Tensors } from '../tensor.ts';
import type { GrpcRequest } from './decode-infer.ts';
import { isLaidAlike, type TypedType, wrapContents, writeTypedElements } from './typed-contents.ts';
import { WIRE } from './wire-reader.ts';
import { type Piece, WireWriter } from './wire-writer.ts';

/** From this size on, contents are handed on as they lie in memory and not copied into the message. */
const LARGE_BYTES = 16 * 1024;

/** An answer, as pieces that follow one another. */
export interface WrittenAnswer {
  readonly pieces: readonly Uint8Array[];
  /** Gives their memory back, and that of the tensors in them: they have been copied, or have gone out. */
  spend(): void;
}

/** Elements of outputs that have been written before the rest of the answer. */
export type WrittenContents = ReadonlyMap<Port, Piece>;

export type InferEncoder = (request: GrpcRequest, tensors: Tensors, written?: WrittenContents) => WrittenAnswer;

/**
 * Writes a `ModelInferResponse`, as pieces that follow one another; what is the same in every answer is written once. Contents
 * are raw where the request's were, or where a type has no typed ones.
 */
export function makeInferEncoder(signature: Signature): InferEncoder {
  const head = new WireWriter().text(1, signature.name).text(2, signature.version).finish();
  const heads = new Map(
    signature.outputs.map((port) => [port, new WireWriter().text(1, port.name).text(2, port.datatype.name).finish()]),
  );
  return (request, tensors, written) => {
    const { id, echo, outputs } = request;
    const asRaw = isRaw(request);
    const message = new PieceWriter();
    message.writer.raw(head).text(3, id);
    for (const entry of echo) message.writer.span(4, entry);
    const found = outputs.map((port) => tensorOf(port, tensors));
    for (const [index, port] of outputs.entries()) {
      const { dims, data } = found[index] as Tensor;
      const inner = new WireWriter().raw(heads.get(port) as Buffer).packed(3, dims);
      const contents = asRaw ? undefined : wrapContents(port, written?.get(port) ?? elementsOf(port, data, asRaw));
      let bytes = 0;
      if (contents) {
        for (const { length } of contents) bytes += length;
        inner.tag(5, WIRE.bytes).varint(bytes);
      }
      message.writer.tag(5, WIRE.bytes).varint(inner.length + bytes);
      message.add(inner);
      if (contents) for (const piece of contents) message.add(piece);
    }
    if (asRaw) {
      for (const [index, port] of outputs.entries()) {
        const elements = written?.get(port) ?? elementsOf(port, (found[index] as Tensor).data, asRaw);
        message.writer.tag(6, WIRE.bytes).varint(elements.length);
        message.add(elements);
      }
    }
    return {
      pieces: message.finish(),
      spend() {
        message.spend();
        letTensorsGo(tensors);
      },
    };
  };
}

/** Whether others should have their turn while the answer is written. */
export function isLong(request: GrpcRequest, tensors: Tensors): boolean {
  const asRaw = isRaw(request);
  let elements = 0;
  for (const port of request.outputs) {
    const data = tensors[port.name]?.data;
    if (data !== undefined && !isHandedOn(port, data, asRaw)) elements += data.length;
  }
  return elements >= LONG_ELEMENTS;
}

/** Writes the elements of a long answer step by step; the encoder puts the rest around them. */
export function* writeLongContents(request: GrpcRequest, tensors: Tensors): Steps<WrittenContents> {
  const asRaw = isRaw(request);
  const written = new Map<Port, Piece>();
  for (const port of request.outputs) {
    const { data } = tensorOf(port, tensors);
    if (!isHandedOn(port, data, asRaw)) written.set(port, yield* writeElements(port, data, asRaw));
  }
  return written;
}

function isRaw({ raw, outputs }: GrpcRequest): boolean {
  return raw || outputs.some(({ type }) => type === 'float16');
}

/** Whether elements go out as they lie. */
function isHandedOn({ type }: Port, data: Elements, asRaw: boolean): data is Exclude<Elements, string[]> {
  return !Array.isArray(data) && (asRaw || isLaidAlike(type as TypedType));
}

function elementsOf(port: Port, data: Elements, asRaw: boolean): Piece {
  return isHandedOn(port, data, asRaw) ? writeRawNumbers(data) : takeAtOnce(writeElements(port, data, asRaw));
}

function writeElements({ type }: Port, data: Elements, asRaw: boolean): Steps<Piece> {
  return asRaw ? writeRawTexts(data as string[]) : writeTypedElements(type as TypedType, data);
}

/** Puts a message together of what is copied and what is handed on as it lies. */
class PieceWriter {
  readonly #pieces: Uint8Array[] = [];
  /** Whose some of the pieces are, and texts. */
  readonly #spent: Piece[] = [];
  #writer = new WireWriter();

  /** What comes next is written here. */
  get writer(): WireWriter {
    return this.#writer;
  }

  add(piece: Piece): void {
    const bytes = piece instanceof WireWriter ? piece.finish() : piece;
    if (bytes.length < LARGE_BYTES) {
      this.#writer.raw(bytes);
      if (piece instanceof WireWriter) piece.spend();
      return;
    }
    this.#pieces.push(this.#writer.finish(), bytes);
    this.#spent.push(this.#writer, piece);
    this.#writer = new WireWriter();
  }

  finish(): readonly Uint8Array[] {
    const rest = this.#writer.finish();
    if (rest.length > 0) this.#pieces.push(rest);
    this.#spent.push(this.#writer);
    return this.#pieces;
  }

  spend(): void {
    for (const piece of this.#spent) {
      if (piece instanceof WireWriter) piece.spend();
      else letGo(piece);
    }
  }
}

keepShape(new PieceWriter());

function tensorOf(port: Port, tensors: Tensors): Tensor {
  const tensor = tensors[port.name];
  if (tensor === undefined) throw new Error(`the runtime gave no output "${port.name}"`);
  return tensor;
}
