import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Digest, digestOf, hexOf } from '../../src/nouns/digest.ts';
import { type TarFile, tarOf } from '../container/sources/fakes.ts';

/** An image of a few bytes, for one platform, as somebody's base is. */
export interface MadeImage {
  /** Layers and configuration. */
  readonly blobs: readonly Buffer[];
  readonly manifest: Buffer;
  readonly index: Buffer;
  readonly digest: Digest;
  /** Of the blobs of its layers, from the bottom up. */
  readonly layers: readonly Digest[];
}

const OCI = 'application/vnd.oci.image';
const DOCKER_LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

export async function makeImage({
  layers,
  config = {},
  architecture = 'amd64',
}: {
  readonly layers: readonly (readonly TarFile[])[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly architecture?: string;
}): Promise<MadeImage> {
  const tars = await Promise.all(layers.map((files) => tarOf(files)));
  // By another program and at another level than the image's own layers.
  const packed = tars.map((tar) => gzipSync(tar, { level: 1 }));
  const settings = Buffer.from(
    JSON.stringify({ os: 'linux', architecture, config, rootfs: { type: 'layers', diff_ids: tars.map(digestOf) } }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${OCI}.manifest.v1+json`,
      config: { mediaType: `${OCI}.config.v1+json`, digest: digestOf(settings), size: settings.length },
      layers: packed.map((blob) => ({ mediaType: DOCKER_LAYER, digest: digestOf(blob), size: blob.length })),
    }),
  );
  const index = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${OCI}.index.v1+json`,
      manifests: [
        {
          mediaType: `${OCI}.manifest.v1+json`,
          digest: digestOf(manifest),
          size: manifest.length,
          platform: { os: 'linux', architecture },
        },
      ],
    }),
  );
  return { blobs: [...packed, settings], manifest, index, digest: digestOf(index), layers: packed.map(digestOf) };
}

/** Writes it as an OCI layout. */
export async function layOut(folder: string, { blobs, manifest, index, digest }: MadeImage): Promise<void> {
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
  for (const blob of [...blobs, manifest, index])
    await writeFile(join(folder, 'blobs/sha256', hexOf(digestOf(blob))), blob);
  const entry = { mediaType: `${OCI}.index.v1+json`, digest, size: index.length };
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}

/** Pushes it, by the plainest of clients. */
export async function putImage(
  address: string,
  { repository, tag }: { repository: string; tag: string },
  image: MadeImage,
): Promise<void> {
  const base = `http://${address}/v2/${repository}`;
  const send = async (url: string, init: RequestInit): Promise<Response> => {
    const answer = await fetch(url, init);
    if (!answer.ok) throw new Error(`${init.method} ${url}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  for (const blob of image.blobs) {
    const opened = await send(`${base}/blobs/uploads/`, { method: 'POST' });
    const place = new URL(opened.headers.get('location') ?? '', `http://${address}`);
    place.searchParams.set('digest', digestOf(blob));
    await send(place.href, {
      method: 'PUT',
      body: new Uint8Array(blob),
      headers: { 'content-type': 'application/octet-stream' },
    });
  }
  for (const [name, type, body] of [
    [digestOf(image.manifest), 'manifest', image.manifest],
    [tag, 'index', image.index],
  ] as const) {
    await send(`${base}/manifests/${name}`, {
      method: 'PUT',
      body: new Uint8Array(body),
      headers: { 'content-type': `${OCI}.${type}.v1+json` },
    });
  }
}
