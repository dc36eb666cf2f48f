import assert from 'node:assert/strict';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { createGunzip } from 'node:zlib';
import { extract, type Headers } from 'tar-stream';

/** hardening LAYOUT: holds every image of an OCI layout, by its layers and its configuration alone, to what it promises. */
const [layout = ''] = argv.slice(2);
const SHELL = /(^|\/)(ba|da|a|z|k|c|tc|fi)?sh$|(^|\/)busybox$/;
const MANAGER = /(^|\/)(apt(-\w+)?|dpkg(-\w+)?|npm|npx|corepack|yarn|pnpm|pip3?|rpm|apk|perl|python3?|curl|wget)$/;
/** The one folder that anybody may write to, which a read-only root takes away too. */
const DECLARED_WRITABLE = new Set(['tmp']);

for (const index of readJson('index.json').manifests) {
  for (const { digest, platform } of readBlob(index.digest).manifests) {
    const name = `${platform.os}/${platform.architecture}`;
    const manifest = readBlob(digest);
    checkConfiguration(readBlob(manifest.config.digest));
    let paths = 0;
    for (const layer of manifest.layers) paths += await checkLayer(layer, name);
    assert.ok(paths > 500, `${name} has ${paths} paths`);
    console.log(`${name}: ${paths} paths`);
  }
}

function checkConfiguration({ config, created, history }: ReturnType<typeof readJson>): void {
  assert.equal(config.User, '65532:65532');
  assert.equal(config.StopSignal, 'SIGTERM');
  assert.equal(config.Healthcheck.Test[0], 'CMD', 'a health check without a shell');
  for (const command of [config.Entrypoint, config.Healthcheck.Test.slice(1)]) {
    assert.equal(command[0], '/usr/local/bin/node');
  }
  assert.ok(config.Env.includes('ORT_DISABLE_TELEMETRY=1'));
  for (const label of ['title', 'version', 'created', 'description']) {
    assert.ok(config.Labels[`org.opencontainers.image.${label}`], `the label ${label}`);
  }
  assert.equal(config.Labels['org.opencontainers.image.created'], created);
  assert.equal(created, '1970-01-01T00:00:00Z');
  for (const step of history) assert.equal(step.created, created);
}

async function checkLayer(layer: { digest: string; mediaType: string }, name: string): Promise<number> {
  const blob = createReadStream(blobPath(layer.digest));
  const archive = extract();
  let paths = 0;
  const reading = layer.mediaType.endsWith('+gzip') ? blob.pipe(createGunzip()).pipe(archive) : blob.pipe(archive);
  for await (const entry of reading) {
    checkEntry(entry.header, name);
    paths += 1;
    entry.resume();
  }
  return paths;
}

function checkEntry({ name: path, mode = 0, uid, gid, type, mtime, pax }: Headers, platform: string): void {
  const where = `${platform}: ${path}`;
  const bare = path.replace(/\/$/, '');
  // Folders of data may be called as a program is: the package database has to be, for scanners.
  if (type !== 'directory') {
    assert.ok(!SHELL.test(bare), `${where} is a shell`);
    assert.ok(!MANAGER.test(bare), `${where} manages packages or fetches them`);
  }
  assert.ok(['file', 'directory', 'symlink'].includes(type ?? ''), `${where} is a ${type}`);
  assert.equal(mode & 0o6000, 0, `${where} has a setuid or setgid bit`);
  assert.deepEqual([uid, gid], [0, 0], `${where} is not root's`);
  assert.equal(mtime?.getTime(), 0, `${where} has a time`);
  if (type !== 'symlink' && !DECLARED_WRITABLE.has(bare)) assert.equal(mode & 0o022, 0, `${where} is writable`);
  // File capabilities would be such an attribute.
  assert.ok(!Object.keys(pax ?? {}).some((key) => /xattr/i.test(key)), `${where} has extended attributes`);
}

// biome-ignore lint/suspicious/noExplicitAny: what a document holds is what is checked here.
function readJson(path: string): any {
  return JSON.parse(readFileSync(join(layout, path), 'utf8'));
}

function readBlob(digest: string) {
  return readJson(`blobs/${digest.replace(':', '/')}`);
}

function blobPath(digest: string): string {
  return join(layout, 'blobs', digest.replace(':', '/'));
}
