import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cache, openCache } from '../../../src/cache/cache.ts';
import {
  composeImage,
  composeIndex,
  type Image,
  type ImageConfig,
  type Index,
} from '../../../src/container/image/compose.ts';
import { type Layer, packLayer } from '../../../src/container/image/layer.ts';
import { type Entry, fileOf, type Tree } from '../../../src/container/tree.ts';

/** A folder of one test, removed with all that is in it. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-image-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One of each kind of entry, with a name that is not ASCII and one that is longer than a tar header's field. */
export const SMALL_TREE: Tree = [
  fileOf('etc/passwd', 'nobody:x:65532:65532::/:/\n'),
  fileOf('usr/bin/program', '#!program\n', 0o755),
  { kind: 'symlink', path: 'bin', target: 'usr/bin' },
  { kind: 'directory', path: 'tmp', mode: 0o1777 },
  fileOf('app/ünï€.txt', 'text'),
  fileOf(`app/${'folder/'.repeat(20)}file`, 'deep'),
  fileOf('app/empty', ''),
];

export function fileOnDisk(path: string, source: { readonly path: string; readonly size: number }): Entry {
  return { kind: 'file', path, mode: 0o644, content: { kind: 'file', ...source } };
}

export const CONFIG: ImageConfig = {
  user: '65532:65532',
  environment: { ZEBRA: '1', ALPHA: '2' },
  entrypoint: ['/usr/bin/program'],
  workingDirectory: '/app',
  ports: [8080],
  labels: { 'org.opencontainers.image.title': 'small' },
  stopSignal: 'SIGTERM',
};

export interface SmallImage {
  readonly cache: Cache;
  readonly layers: readonly Layer[];
  readonly images: readonly [Image, Image];
  readonly index: Index;
}

/** An image of two small layers for both platforms; `model` is what the upper layer holds. */
export async function smallImage(folder: string, model = 'weights'): Promise<SmallImage> {
  const cache = await openCache({ folder: join(folder, 'cache') });
  const base = await packLayer(() => SMALL_TREE, { name: 'base', compression: 'gzip', mtime: 0, cache });
  const tree = [fileOf('app/model.onnx', model)];
  const layers = [base, await packLayer(() => tree, { name: 'model', compression: 'none', mtime: 0, cache })];
  const facts = { layers, config: CONFIG, created: 0 };
  const amd64 = composeImage({ ...facts, platform: 'linux/amd64' });
  const arm64 = composeImage({ ...facts, platform: 'linux/arm64' });
  return { cache, layers, images: [amd64, arm64], index: composeIndex([arm64, amd64]) };
}
