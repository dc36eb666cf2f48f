import { MessageChannel, type MessagePort } from 'node:worker_threads';

/** Smaller blocks share pages with others, and V8 collects them soon enough. */
const LEAST_BYTES = 4096;

/** From Node 22 on. */
interface Transferable extends ArrayBuffer {
  transfer?(bytes: number): ArrayBuffer;
}

/**
 * Gives the memory of a buffer back at once, where V8 would keep it until it next collects: that adds up to many times a request.
 * Whoever still looks at the buffer finds it empty. What is not all of its buffer is left to V8, for others may lie beside it.
 */
export function letGo(view: ArrayBufferView): void {
  const { byteLength, byteOffset } = view;
  // V8 keeps small arrays without a buffer, and makes one for whoever asks.
  if (byteLength < LEAST_BYTES) return;
  if (byteOffset === 0 && byteLength === view.buffer.byteLength) letAllGo(view);
}

/** The same for a buffer in which nothing lies but this. */
export function letAllGo({ buffer }: ArrayBufferView): void {
  const { transfer } = buffer as Transferable;
  if (transfer) transfer.call(buffer, 0);
  else if (buffer instanceof ArrayBuffer) intoNowhere().postMessage(null, [buffer]);
}

let nowhere: MessagePort | undefined;

/** What is handed over to a port whose other end is closed is gone. */
function intoNowhere(): MessagePort {
  if (nowhere === undefined) {
    const { port1, port2 } = new MessageChannel();
    port2.close();
    nowhere = port1;
  }
  return nowhere;
}

/** The same for all buffers of some tensors; texts are V8's own. */
export function letTensorsGo(tensors: Readonly<Record<string, { readonly data: ArrayBufferView | string[] }>>): void {
  for (const name in tensors) {
    const data = tensors[name]?.data;
    if (data !== undefined && !Array.isArray(data)) letGo(data);
  }
}
