import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Bytes of tensors and JSON between two collections. V8 lets some 30 MiB that are dead pile up before it collects on its own;
 * the container's limit is planned with this much instead.
 */
const TRAFFIC_BYTES = 8 * 2 ** 20;

/** What a connection leaves behind: buffers and objects, some of which outlive a quick collection. */
const CONNECTION_BYTES = 24 * 1024;

/** The first Node whose V8 knows how to be told when its last compiler takes over. */
const TURBOFAN_NODE = 24;

let traffic = 0;
let collect: (() => void) | undefined;

// V8 lets the room for new objects grow to 32 MiB under load and never takes it back; where it starts, it is enough.
setFlagsFromString('--semi-space-growth-factor=1');
// The middle one of V8's compilers leaves the C heap in pieces, 10 MiB and more of it by how its threads chance to run. Without
// it the last one has to take over sooner, or requests take twice as long for the first hundred thousand (measured).
setFlagsFromString('--no-maglev');
if (Number.parseInt(process.versions.node, 10) >= TURBOFAN_NODE) {
  setFlagsFromString('--invocation-count-for-turbofan=400');
}

/** Counts bytes that a request leaves behind and has V8 collect them when enough have piled up. */
export function countTraffic(bytes: number): void {
  traffic += bytes;
  if (traffic < TRAFFIC_BYTES) return;
  traffic = 0;
  collect ??= exposeCollector();
  collect();
}

/** Counts what is left of a connection. Kept ones leave next to nothing for each request: to collect for those would cost three times their work. */
export function countConnection(): void {
  countTraffic(CONNECTION_BYTES);
}

function exposeCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
