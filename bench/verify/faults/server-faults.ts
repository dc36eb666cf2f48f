import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { Platform } from '../../../src/nouns/platform.ts';
import { inFile, type Tampering } from '../tamper.ts';

const run = promisify(execFile);

/** From the bottom up, as the lock names them. */
export const BASE_LAYER = 0;
const RUNTIME_LAYER = 2;
export const SERVER_LAYER = 3;

/** Where the server takes the tensors of an answer; what is put there sees every one of them. */
const TENSOR = 'const tensor = tensors[port.name];';

/** A server whose answers go through a function of a tensor with dims and data. */
export function answering(body: string, platform: Platform = 'linux/amd64'): Tampering {
  const change = (text: string) =>
    `${text.replaceAll(TENSOR, 'const tensor = FAULT(tensors[port.name]);')}
var faultCalls = 0;
function FAULT(tensor) {
  if (tensor === undefined) return tensor;
  faultCalls += 1;
  const { dims } = tensor;
  const data = tensor.data.slice();
  const stride = dims.slice(1).reduce((product, size) => product * size, 1);
  ${body}
  return { ...tensor, dims, data };
}
`;
  return { layer: SERVER_LAYER, platform, change: inFile('app/server.mjs', change) };
}

/** The same for the runtime: its Node binding gives other numbers, as one of another version might. */
export const OTHER_NUMBERS: Tampering = {
  layer: RUNTIME_LAYER,
  isLeftUnlocked: true,
  change: inFile(
    'app/node_modules/onnxruntime-node/dist/binding.js',
    (text) => `${text}
const { InferenceSession: Own } = exports.binding;
exports.binding = {
  ...exports.binding,
  InferenceSession: class extends Own {
    run(...facts) {
      const results = super.run(...facts);
      for (const { data } of Object.values(results)) for (let at = 0; at < data.length; at++) data[at] *= 1.01;
      return results;
    }
  },
};
`,
  ),
};

/** A release that people may have in their images, and which serves what this one does. */
const OTHER_RELEASE = '1.29.0';

/** Another release of onnxruntime in the place of the locked one, file by file, as npm has it. */
export const OTHER_RUNTIME: Tampering = {
  layer: RUNTIME_LAYER,
  isLeftUnlocked: true,
  change: async (root) => {
    const folder = await mkdtemp(join(tmpdir(), 'plimsoll-release-'));
    try {
      for (const name of ['onnxruntime-node', 'onnxruntime-common']) {
        await run('npm', ['pack', '--silent', `${name}@${OTHER_RELEASE}`], { cwd: folder });
        await run('tar', ['xzf', `${name}-${OTHER_RELEASE}.tgz`], { cwd: folder });
        const own = join(root, 'app/node_modules', name);
        for (const entry of await readdir(own, { recursive: true, withFileTypes: true })) {
          if (!entry.isFile()) continue;
          const path = relative(own, join(entry.parentPath, entry.name));
          await cp(join(folder, 'package', path), join(own, path));
        }
        await rm(join(folder, 'package'), { recursive: true });
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
