import { createHash } from 'node:crypto';
import type { Cache } from '../../cache/cache.ts';
import { formatByteSize } from '../../nouns/byte-size.ts';
import { canonicalJson } from '../../nouns/canonical-json.ts';
import { type Digest, digestFromHex } from '../../nouns/digest.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { type Progress, SILENT, type Step } from '../../nouns/progress.ts';
import type { LayerTree } from '../tree.ts';
import type { BegunLayer } from './begun-layer.ts';
import type { BlockEncoding } from './encode-block.ts';
import { withEncoderPool } from './encoder-pool.ts';
import { ENCODERS, encode } from './encoders.ts';
import { recallLayer, rememberLayer } from './layer-facts.ts';
import { type LayerMediaType, MEDIA_TYPE } from './media-types.ts';
import { tar, tarSize } from './tar.ts';

/** One layer of an image; its blob lies in the cache. */
export interface Layer {
  readonly name: string;
  readonly mediaType: LayerMediaType;
  /** Of the blob as it is stored and pushed. */
  readonly digest: Digest;
  /** Bytes of the blob. */
  readonly size: number;
  /** Of the tar stream inside the blob. */
  readonly diffId: Digest;
  readonly path: string;
}

export interface LayerOptions {
  /** What the layer holds, such as `base` or `model`; stands in the image's history. */
  readonly name: string;
  /** `none` for what does not compress: the tar is hashed once and written once. */
  readonly compression: 'none' | BlockEncoding;
  /** Seconds since 1970, the time of every file. */
  readonly mtime: number;
  readonly cache: Cache;
  /** Says what the tree holds, by digest: trees with the same key are the same. With it, a layer made before is not read again. */
  readonly cacheKey?: string;
  /** Where its first files are being written already; for a layer that is stored plain. */
  readonly begun?: Pick<BegunLayer, 'finish'>;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/**
 * The tree as a layer blob in the cache; asked for only when the layer was not made before. The same tree and time give the same bytes on any machine. Needs memory for a few
 * blocks, however large the tree. Throws as `tar` and `gzip` do, and what the cache throws when it cannot be written.
 */
export async function packLayer(makeTree: () => LayerTree | Promise<LayerTree>, options: LayerOptions): Promise<Layer> {
  const { name, cache, cacheKey } = options;
  const step = (options.progress ?? SILENT).step(`pack ${name}`);
  const key = cacheKey === undefined ? undefined : keyOf({ tree: cacheKey, mtime: options.mtime }, options.compression);
  const known = key === undefined ? undefined : await recallLayer(key, { name, cache });
  if (known) {
    step.done('reused');
    return known;
  }
  const tree = await makeTree();
  step.total(tarSize(tree));
  const packed = await PACKERS[options.compression]({ tree, options, step });
  if (key !== undefined) await rememberLayer(key, { layer: packed.layer, cache });
  step.done(packed.reused ? 'reused' : formatByteSize(packed.layer.size));
  return packed.layer;
}

/**
 * A layer from its tar, which was compressed by somebody else or not at all, compressed as the layer's facts say. Throws a Failure
 * where another digest comes out.
 */
export async function repackLayer(
  makeTar: () => AsyncIterable<Uint8Array>,
  { cache, ...facts }: Omit<Layer, 'path'> & { readonly cache: Cache },
): Promise<Layer> {
  const expect = { expected: facts.digest, maxBytes: facts.size, what: `the layer ${facts.name}` };
  const encoding = encodingOf(facts.mediaType);
  const blob = await (encoding === 'none'
    ? cache.put(makeTar(), expect)
    : withEncoderPool(encoding, (pool) => cache.put(encode(makeTar(), { encoding, pool }), expect)));
  return { ...facts, path: blob.path };
}

interface Work {
  readonly tree: LayerTree;
  readonly options: LayerOptions;
  readonly step: Step;
}

interface Packed {
  readonly layer: Layer;
  readonly reused: boolean;
}

const PACKERS: Readonly<Record<LayerOptions['compression'], (work: Work) => Promise<Packed>>> = {
  none: storePlain,
  gzip: (work) => storeCompressed('gzip', work),
  zstd: (work) => storeCompressed('zstd', work),
};

/** Hashed and written in one pass; the blob is the tar itself. */
async function storePlain({ tree, options, step }: Work): Promise<Packed> {
  const begun = await options.begun?.finish(tree);
  if (begun) return { layer: { name: options.name, ...begun }, reused: false };
  const { digest, bytes, path } = await options.cache.put(
    watched(tar(tree, { ...options, mayReuse: true }), (piece) => step.advance(piece.length)),
  );
  const layer = { name: options.name, mediaType: MEDIA_TYPE.layer, digest, size: bytes, diffId: digest, path };
  return { layer, reused: false };
}

async function storeCompressed(encoding: BlockEncoding, { tree, options, step }: Work): Promise<Packed> {
  return storeTar(() => tar(tree, options), { ...options, encoding, onPiece: (bytes) => step.advance(bytes) });
}

/** A layer from a tar that somebody else has made, compressed as the image's own are. */
export async function packTar(
  makeTar: () => AsyncIterable<Uint8Array>,
  facts: { readonly name: string; readonly encoding: BlockEncoding; readonly cache: Cache },
): Promise<Layer> {
  return (await storeTar(makeTar, { ...facts, onPiece: () => {} })).layer;
}

interface TarStoring {
  readonly name: string;
  readonly encoding: BlockEncoding;
  readonly cache: Cache;
  readonly onPiece: (bytes: number) => void;
}

/** Hashing is a hundred times faster than compressing: the tar's digest first, and the work only where it is not known by it. */
async function storeTar(
  makeTar: () => AsyncIterable<Uint8Array>,
  { name, encoding, cache, onPiece }: TarStoring,
): Promise<Packed> {
  const diffId = await digestOfStream(makeTar());
  const key = keyOf({ tar: diffId }, encoding);
  const known = await recallLayer(key, { name, cache });
  if (known) return { layer: known, reused: true };

  const hash = createHash('sha256');
  const source = watched(makeTar(), (piece) => {
    hash.update(piece);
    onPiece(piece.length);
  });
  const { digest, bytes, path } = await withEncoderPool(encoding, (pool) =>
    cache.put(encode(source, { encoding, pool })),
  );
  if (digestFromHex(hash.digest('hex')) !== diffId) throw changed(name);
  const layer = { name, mediaType: ENCODERS[encoding].mediaType, digest, size: bytes, diffId, path };
  await rememberLayer(key, { layer, cache });
  return { layer, reused: false };
}

function keyOf(content: { readonly [key: string]: string | number }, compression: LayerOptions['compression']): string {
  const encoder = compression === 'none' ? 'none' : ENCODERS[compression].name;
  return canonicalJson({ what: 'layer', encoder, ...content });
}

function encodingOf(mediaType: LayerMediaType): LayerOptions['compression'] {
  const found = Object.entries(ENCODERS).find(([, encoder]) => encoder.mediaType === mediaType);
  return found ? (found[0] as BlockEncoding) : 'none';
}

async function* watched(
  source: AsyncIterable<Uint8Array>,
  see: (piece: Uint8Array) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of source) {
    see(piece);
    yield piece;
  }
}

async function digestOfStream(source: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const piece of source) hash.update(piece);
  return digestFromHex(hash.digest('hex'));
}

function changed(name: string): Failure {
  return new Failure(`the files of the layer ${name} changed while it was packed`, {
    code: 'image/file-changed',
    exit: EXIT.findings,
    mend: 'Run again when nothing writes to those files any more.',
  });
}
