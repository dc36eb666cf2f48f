import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Puts a tar as a further layer on the one image of an OCI layout: npx tsx .ci/add-layer.ts LAYOUT TAR TARGET */
const [layout = '', tar = '', target = ''] = process.argv.slice(2);
cpSync(layout, target, { recursive: true });
const place = (digest: string) => join(target, 'blobs/sha256', digest.replace('sha256:', ''));
const read = (digest: string) => JSON.parse(readFileSync(place(digest), 'utf8'));
const write = (content: Uint8Array | string) => {
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  writeFileSync(place(digest), content);
  return { digest, size: Buffer.byteLength(content) };
};

const index = JSON.parse(readFileSync(join(target, 'index.json'), 'utf8'));
const manifest = read(index.manifests[0].digest);
const config = read(manifest.config.digest);
const layer = write(readFileSync(tar));
config.rootfs.diff_ids.push(layer.digest);
config.history = [];
manifest.layers.push({ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer });
Object.assign(manifest.config, write(JSON.stringify(config)));
Object.assign(index.manifests[0], write(JSON.stringify(manifest)));
writeFileSync(join(target, 'index.json'), JSON.stringify(index));
