import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Cache } from '../../cache/cache.ts';
import { digestOfFile } from '../../cache/digest-of-file.ts';
import { type Digest, digestFromHex } from '../../nouns/digest.ts';
import { Failure } from '../../nouns/failure.ts';
import type { Image, Index } from '../image/compose.ts';
import type { Layer } from '../image/layer.ts';
import type { HeldDocument, HeldImage, HeldIndex, HeldLayer } from './held-index.ts';
import { jsonDifferences } from './json-differences.ts';
import { firstDifference } from './stream-differences.ts';
import { tarDifferences } from './tar-differences.ts';
import { unpackBlob } from './unpack-blob.ts';

/** One thing of an image that another build of it did not come to. */
export interface Difference {
  /** Such as `layer base of linux/amd64`. */
  readonly where: string;
  /** Which file, byte, header or key; one line each. */
  readonly lines: readonly string[];
}

/** Holds an image against what was built in its stead, digest by digest, and says where they part. */
export async function imageDifferences(found: HeldIndex, made: Index, cache: Cache): Promise<readonly Difference[]> {
  const differences: Difference[] = [];
  for (const image of made.images) {
    const held = found.images.find(({ platform }) => platform === image.platform);
    if (held) differences.push(...(await differencesOfImage(held, image, cache)));
  }
  const whole = found.document;
  const own = made.images.some(({ manifest }) => manifest.digest === whole?.digest);
  if (whole && !own && whole.digest !== made.digest && 'manifests' in (whole.json as object)) {
    differences.push({ where: 'index', lines: documentLines(whole, made) });
  }
  return differences;
}

async function differencesOfImage(held: HeldImage, image: Image, cache: Cache): Promise<readonly Difference[]> {
  const of = `of ${image.platform}`;
  const differences: Difference[] = [];
  if (held.layers.length !== image.layers.length) {
    differences.push({
      where: `layers ${of}`,
      lines: [`found ${held.layers.length}, made ${image.layers.length}`],
    });
  }
  for (const [index, layer] of image.layers.entries()) {
    const other = held.layers[index];
    const lines = other ? await layerLines(other, layer, cache) : ['it is missing from the image'];
    if (lines.length > 0) differences.push({ where: `layer ${layer.name} ${of}`, lines });
  }
  for (const [name, found, made] of [
    ['configuration', held.config, image.config],
    ['manifest', held.manifest, image.manifest],
  ] as const) {
    if (found && found.digest !== made.digest)
      differences.push({ where: `${name} ${of}`, lines: documentLines(found, made) });
  }
  return differences;
}

async function layerLines(held: HeldLayer, made: Layer, cache: Cache): Promise<readonly string[]> {
  const path = await held.fetch();
  const digest = await digestOfFile(path);
  if (digest === made.digest && (held.digest ?? digest) === digest) return [];
  const open = (file: string) => () => unpackBlob(file, made.name);
  const lines: string[] = [];
  if (held.digest !== undefined && held.digest !== digest) {
    lines.push(`the blob is not what its name says: found the digest ${digest}, named ${held.digest}`);
  }
  const diffId = await diffIdOf(path, made.name).catch((error: unknown) => {
    if (error instanceof Failure) return error;
    throw error;
  });
  if (diffId instanceof Failure) return [...lines, diffId.message];
  if (diffId !== made.diffId) return [...lines, ...(await tarDifferences(open(path), open(made.path), cache))];
  // An engine keeps the files and not how they were compressed; there the files are what counts.
  if (held.digest === undefined) return lines;
  const offset = await firstDifference(createReadStream(path), createReadStream(made.path));
  const sizes = `${(await stat(path)).size} bytes against ${made.size}`;
  return [...lines, `the same files, compressed differently from byte ${offset} of the blob (${sizes})`];
}

async function diffIdOf(path: string, name: string): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const chunk of unpackBlob(path, name)) hash.update(chunk);
  return digestFromHex(hash.digest('hex'));
}

function documentLines(found: HeldDocument, made: { readonly bytes: Uint8Array }): readonly string[] {
  const lines = jsonDifferences(found.json, JSON.parse(Buffer.from(made.bytes).toString('utf8')));
  return lines.length > 0 ? lines : ['the same content, written differently'];
}
