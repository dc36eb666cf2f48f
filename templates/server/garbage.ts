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

/** The first Node whose V8 knows how to be told when its last compiler takes over. */
const TURBOFAN_NODE = 24;

let traffic = 0;
let leastBytes = Number.POSITIVE_INFINITY;
let collect: (() => void) | undefined;

// V8 lets the room for new objects grow to 32 MiB under load and never takes it back; where it starts, it is enough.
setFlagsFromString('--semi-space-growth-factor=1');
// The middle one of V8's compilers leaves the C heap in pieces, 10 MiB and more of it by how its threads chance to run. Without
// it the last one has to take over sooner, or requests take twice as long for the first hundred thousand (measured).
setFlagsFromString('--no-maglev');
if (Number.parseInt(process.versions.node, 10) >= TURBOFAN_NODE) {
  setFlagsFromString('--invocation-count-for-turbofan=400');
}
// So little is new between two quick collections that this thread alone is done before helpers have woken up; where processors are few, it
// would wait for their turn.
setFlagsFromString('--no-parallel-scavenge');

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
