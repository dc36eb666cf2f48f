import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Bytes of tensors and JSON between two collections. V8 lets some 30 MiB that are dead pile up before it collects on its own;
 * the container's limit is planned with this much instead.
 */
const TRAFFIC_BYTES = 8 * 2 ** 20;

let traffic = 0;
let collect: (() => void) | undefined;

/** Counts bytes that a request leaves behind and has V8 collect them when enough have piled up. */
export function countTraffic(bytes: number): void {
  traffic += bytes;
  if (traffic < TRAFFIC_BYTES) return;
  traffic = 0;
  collect ??= exposeCollector();
  collect();
}

function exposeCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
