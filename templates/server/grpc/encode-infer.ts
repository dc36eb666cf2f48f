import { letTensorsGo } from '../let-go.ts';
import { writeRawElements } from '../open-inference/raw-elements.ts';
import type { Port, Signature } from '../signature.ts';
import type { Tensor, Tensors } from '../tensor.ts';
import type { GrpcRequest } from './decode-infer.ts';
import { writeTypedContents } from './typed-contents.ts';
import { WIRE } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

/** From this size on, contents are handed on as they lie in memory and not copied into the message. */
const LARGE_BYTES = 16 * 1024;

/** An answer, as pieces that follow one another. */
export interface WrittenAnswer {
  readonly pieces: readonly Uint8Array[];
  /** Gives their memory back, and that of the tensors in them: they have been copied, or have gone out. */
  spend(): void;
}

/**
 * Writes a `ModelInferResponse`, as pieces that follow one another; what is the same in every answer is written once. Contents
 * are raw where the request's were, or where a type has no typed ones.
 */
export function makeInferEncoder(signature: Signature): (request: GrpcRequest, tensors: Tensors) => WrittenAnswer {
  const head = new WireWriter().text(1, signature.name).text(2, signature.version).finish();
  const heads = new Map(
    signature.outputs.map((port) => [port, new WireWriter().text(1, port.name).text(2, port.datatype.name).finish()]),
  );
  return ({ id, echo, outputs, raw }, tensors) => {
    const asRaw = raw || outputs.some((port) => port.type === 'float16');
    const writer = new WireWriter().raw(head).text(3, id);
    for (const entry of echo) writer.span(4, entry);
    const found = outputs.map((port) => tensorOf(port, tensors));
    for (const [index, port] of outputs.entries()) {
      const tensor = found[index] as Tensor;
      const contents = asRaw ? undefined : writeTypedContents(port.type, tensor.data);
      const inner = new WireWriter().raw(heads.get(port) as Buffer).packed(3, tensor.dims);
      if (contents) inner.span(5, contents.finish());
      contents?.spend();
      writer.span(5, inner.finish());
      inner.spend();
    }
    const written = asRaw ? withRaw(writer, found) : { pieces: [writer.finish()], writers: [writer] };
    return {
      pieces: written.pieces,
      spend() {
        for (const one of written.writers) one.spend();
        letTensorsGo(tensors);
      },
    };
  };
}

interface Written {
  readonly pieces: Uint8Array[];
  /** Whose some of the pieces are. */
  readonly writers: WireWriter[];
}

function withRaw(first: WireWriter, tensors: readonly Tensor[]): Written {
  const pieces: Uint8Array[] = [];
  const writers = [first];
  let writer = first;
  for (const tensor of tensors) {
    const bytes = writeRawElements(tensor.data);
    if (bytes.length < LARGE_BYTES) writer.span(6, bytes);
    else {
      pieces.push(writer.tag(6, WIRE.bytes).varint(bytes.length).finish(), bytes);
      writer = new WireWriter();
      writers.push(writer);
    }
  }
  const rest = writer.finish();
  if (rest.length > 0) pieces.push(rest);
  return { pieces, writers };
}

function tensorOf(port: Port, tensors: Tensors): Tensor {
  const tensor = tensors[port.name];
  if (tensor === undefined) throw new Error(`the runtime gave no output "${port.name}"`);
  return tensor;
}
