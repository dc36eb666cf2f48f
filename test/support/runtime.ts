import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A folder whose `node_modules` holds onnxruntime-node and onnxruntime-common, or `undefined` where this machine has none;
 * tests that need it are then skipped. `PLIMSOLL_TEST_RUNTIME` names it.
 */
export function runtimeFolder(): string | undefined {
  const folder = process.env.PLIMSOLL_TEST_RUNTIME;
  if (folder === undefined) return undefined;
  return existsSync(join(folder, 'node_modules', 'onnxruntime-node', 'package.json')) ? folder : undefined;
}
