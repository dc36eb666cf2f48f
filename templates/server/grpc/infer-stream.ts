import type { RequestLimits } from '../limits.ts';
import { RequestError } from '../request-error.ts';
import type { Call } from './call.ts';
import { readId } from './decode-infer.ts';
import type { WrittenAnswer } from './encode-infer.ts';
import type { InferOne } from './inference-methods.ts';
import type { Conversation } from './methods.ts';
import { WIRE } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

/** Requests of one stream that may wait for their answers; further ones are not read until some have gone out. */
const MOST_OPEN = 16;

/** A field's tag and length. */
const HEAD_BYTES = 16;

/** A parameter of every answer in Triton's streams: a request may have several there, and clients read on until this is true. */
const FINAL = new WireWriter()
  .span(4, new WireWriter().text(1, 'triton_final_response').span(2, new WireWriter().bool(1, true).finish()).finish())
  .finish();

/**
 * `ModelStreamInfer`: many requests over one call, each answered in its turn. A request that fails is told in its answer, with its id, and
 * the stream goes on.
 */
export function streamInfer(call: Call, infer: InferOne, limits: RequestLimits): Conversation {
  /** Answers in the order of their requests; `undefined` where one is still to come. */
  const answers: { message: WireWriter | undefined }[] = [];
  let ended = false;
  let isStopping = false;
  call.quietSinceMs = performance.now();
  const flush = (): void => {
    for (let message = answers[0]?.message; message !== undefined; message = answers[0]?.message) {
      answers.shift();
      const written = message;
      call.send([written.finish()], () => written.spend());
    }
    if (answers.length < MOST_OPEN && !isStopping) call.resume();
    if (answers.length > 0) return;
    call.quietSinceMs = performance.now();
    if (ended) call.finish();
    else if (isStopping && call.isInflating?.() !== true) call.fail(new RequestError(503, 'the server is stopping'));
  };
  call.stop = () => {
    isStopping = true;
    call.pause();
    flush();
  };
  return {
    accept(message) {
      const answer: (typeof answers)[number] = { message: undefined };
      answers.push(answer);
      call.quietSinceMs = undefined;
      if (answers.length >= MOST_OPEN) call.pause();
      const settle = (message: WireWriter): void => {
        answer.message = message;
        flush();
      };
      const fail = (error: unknown): void => {
        // What is no refusal is a defect; it ends the call, which logs it.
        if (error instanceof RequestError) settle(describe(error, readId(message, limits)));
        else call.fail(error);
      };
      try {
        return infer(message, call, { succeed: (written) => settle(wrap(written)), fail });
      } catch (error) {
        fail(error);
        return undefined;
      }
    },
    end() {
      ended = true;
      flush();
    },
  };
}

function wrap({ pieces, spend }: WrittenAnswer): WireWriter {
  let bytes = FINAL.length;
  for (const piece of pieces) bytes += piece.length;
  const writer = new WireWriter(bytes + HEAD_BYTES).tag(2, WIRE.bytes).varint(bytes);
  for (const piece of pieces) writer.raw(piece);
  writer.raw(FINAL);
  spend();
  return writer;
}

function describe({ message }: RequestError, id: string): WireWriter {
  return new WireWriter().text(1, message).span(2, new WireWriter().text(3, id).raw(FINAL).finish());
}
