import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Bytes that V8 may come to hold beyond what it held at the least since it last collected. On its own it lets some 30 MiB that are dead
 * pile up; the container's limit is planned with this much instead, of which one look's traffic is a part.
 */
const PILE_BYTES = 7 * 2 ** 20;

/** Bytes of tensors and JSON between two looks at what V8 holds. Most of them are let go or collected by then. */
const LOOK_BYTES = 2 ** 20;

/** What a connection leaves behind: buffers and objects, some of which outlive a quick collection. */
const CONNECTION_BYTES = 24 * 1024;

let traffic = 0;
let leastBytes = Number.POSITIVE_INFINITY;
let collect: (() => void) | undefined;

/** Counts bytes that a request leaves behind, and has V8 collect when what it holds has grown by enough. */
export function countTraffic(bytes: number): void {
  traffic += bytes;
  if (traffic < LOOK_BYTES) return;
  traffic = 0;
  const held = heldBytes();
  if (held < leastBytes) leastBytes = held;
  if (held - leastBytes < PILE_BYTES) return;
  collect ??= exposeCollector();
  collect();
  leastBytes = heldBytes();
}

/** Of V8's own heap and of buffers beside it. */
function heldBytes(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}

/** Counts what is left of a connection. Kept ones leave next to nothing for each request: to collect for those would cost three times their work. */
export function countConnection(): void {
  countTraffic(CONNECTION_BYTES);
}

function exposeCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
