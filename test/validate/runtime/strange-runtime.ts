import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('./fixtures/strange-runtime/runtime.cjs', import.meta.url));

/** A runtime folder below `folder` whose runtime does what it is told by the name of the model: see fixtures/README.md. */
export function installStrangeRuntime(folder: string): string {
  const home = join(folder, 'node_modules', 'onnxruntime-node');
  mkdirSync(home, { recursive: true });
  copyFileSync(SOURCE, join(home, 'index.js'));
  return folder;
}
