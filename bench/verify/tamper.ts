import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { canonicalJson, type Json } from '../../src/nouns/canonical-json.ts';
import type { Digest } from '../../src/nouns/digest.ts';
import { sealLock } from '../../src/nouns/lock.ts';
import type { Platform } from '../../src/nouns/platform.ts';
import { parseLock } from '../../src/project/lock-file.ts';
import { LOCK_LABEL } from '../../src/recipes/image-config.ts';

/** What somebody does to an image after it was made. */
export interface Tampering {
  /** Which layer, by the names of the lock: base, node, onnxruntime, server, model. */
  readonly layer: number;
  /** Of which image; that of linux/amd64 where left out. */
  readonly platform?: Platform;
  /** Changes the layer's files, which lie below a folder. */
  readonly change: (root: string) => Promise<void>;
  /** Whether the lock that the image carries still names the layer as it was. */
  readonly isLeftUnlocked?: boolean;
}

interface Descriptor {
  digest: string;
  size: number;
  mediaType: string;
}

const run = promisify(execFile);

/** Changes the text of one file. */
export function inFile(path: string, change: (text: string) => string): Tampering['change'] {
  return async (root) => {
    const target = join(root, path);
    await writeFile(target, changed(await readFile(target, 'utf8'), change, path));
  };
}

/** Removes a file or folder. */
export function without(path: string): Tampering['change'] {
  return (root) => rm(join(root, path), { recursive: true });
}

/** Changes one layer of an image of a layout, and everything that names it. */
export async function tamper(
  layout: string,
  { layer, platform = 'linux/amd64', change, isLeftUnlocked = false }: Tampering,
): Promise<void> {
  const blob = (digest: string) => join(layout, 'blobs', 'sha256', digest.slice('sha256:'.length));
  const read = async (digest: string) => JSON.parse(await readFile(blob(digest), 'utf8'));
  const put = async (bytes: Uint8Array): Promise<{ digest: string; size: number }> => {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    await writeFile(blob(digest), bytes);
    return { digest, size: bytes.length };
  };
  const root = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'));
  const index = await read(root.manifests[0].digest);
  const entry = index.manifests.find(
    (one: { platform: { os: string; architecture: string } }) =>
      `${one.platform.os}/${one.platform.architecture}` === platform,
  );
  const manifest = await read(entry.digest);
  const config = await read(manifest.config.digest);
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  let lock = config.config.Labels[LOCK_LABEL];
  const layers = manifest.layers as Descriptor[];
  const found = layers[layer];
  if (!found) throw new Error(`the image has no layer ${layer}`);

  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-tamper-'));
  try {
    await mkdir(join(folder, 'root'));
    await run('tar', ['xf', blob(found.digest), '-C', join(folder, 'root')]);
    await change(join(folder, 'root'));
    await run('tar', ['cf', join(folder, 'layer.tar'), '--owner=0', '--group=0', '-C', join(folder, 'root'), '.']);
    await stat(join(folder, 'layer.tar'));
    const made = await put(await readFile(join(folder, 'layer.tar')));
    layers[layer] = { ...made, mediaType: 'application/vnd.oci.image.layer.v1.tar' };
    config.rootfs.diff_ids[layer] = made.digest;
    if (!isLeftUnlocked) lock = relocked(lock, { platform, layer, made: layers[layer] });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  // Images of one index carry one lock.
  for (const one of index.manifests) {
    const own = one === entry ? { manifest, config } : await readBoth(one, read);
    own.config.config.Labels[LOCK_LABEL] = lock;
    Object.assign(own.manifest.config, await put(json(own.config)));
    Object.assign(one, await put(json(own.manifest)));
  }
  Object.assign(root.manifests[0], await put(json(index)));
  await writeFile(join(layout, 'index.json'), json(root));
}

async function readBoth(entry: Descriptor, read: (digest: string) => Promise<ReturnType<typeof JSON.parse>>) {
  const manifest = await read(entry.digest);
  return { manifest, config: await read(manifest.config.digest) };
}

/** The lock of an image that was packaged with such a layer from the start: then no digest tells, and only behaviour does. */
function relocked(
  text: string,
  { platform, layer, made }: { readonly platform: Platform; readonly layer: number; readonly made: Descriptor },
): string {
  const lock = parseLock(text, 'the image');
  const layers = lock.layers.platforms[platform] ?? [];
  const next = layers.map((one, at) =>
    at === layer
      ? {
          ...one,
          digest: made.digest as Digest,
          diffId: made.digest as Digest,
          bytes: made.size,
          mediaType: made.mediaType,
        }
      : one,
  );
  return canonicalJson(
    sealLock({
      ...lock,
      layers: { ...lock.layers, platforms: { ...lock.layers.platforms, [platform]: next } },
    }) as Json,
  );
}

function changed(text: string, change: (text: string) => string, path: string): string {
  const after = change(text);
  if (after === text) throw new Error(`nothing of ${path} was changed`);
  return after;
}
