import { canonicalJson } from '../../nouns/canonical-json.ts';
import { type Entry, fileOf, type Tree } from '../tree.ts';
import { blobsOf, type ImageBlob } from './blobs-of.ts';
import type { Image, Index } from './compose.ts';
import type { ImageName } from './image-name.ts';
import { blobPath, indexOfOne, LAYOUT_CONTENT, LAYOUT_FILE, referenceAnnotation } from './layout-index.ts';

/** The files of an OCI archive: a layout that holds this index under this name. */
export function ociArchiveTree(index: Index, reference: string): Tree {
  const names = indexOfOne(index, referenceAnnotation(reference));
  return [...blobsOf(index).map(entryOf), fileOf(LAYOUT_FILE, LAYOUT_CONTENT), fileOf('index.json', names)];
}

/**
 * The files that `docker load` takes, as `docker save` lays them out: `manifest.json` names the configuration, the layers
 * (compressed ones are taken too) and the tag. The configuration's digest is the image's id in the engine.
 */
export function dockerArchiveTree(image: Image, { name, tag }: ImageName): Tree {
  const manifest = [
    {
      Config: blobPath(image.config.digest),
      Layers: image.layers.map((layer) => blobPath(layer.digest)),
      RepoTags: [`${name}:${tag}`],
    },
  ];
  const blobs = blobsOf(image).filter((blob) => blob.digest !== image.manifest.digest);
  return [...blobs.map(entryOf), fileOf('manifest.json', canonicalJson(manifest))];
}

function entryOf({ digest, size, source }: ImageBlob): Entry {
  const content =
    'path' in source ? { kind: 'file' as const, path: source.path, size } : { kind: 'bytes' as const, ...source };
  return { kind: 'file', path: blobPath(digest), mode: 0o644, content };
}
