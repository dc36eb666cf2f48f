import assert from 'node:assert/strict';
import { composeImage, composeIndex } from '../../../src/container/image/compose.ts';
import { digestOf } from '../../../src/nouns/digest.ts';
import { CONFIG, smallImage, withFolder } from './fixtures.ts';

describe('composing an image', () => {
  it('gives the digest that this version of the assembler promises', async () => {
    await withFolder(async (folder) => {
      const { index } = await smallImage(folder);
      assert.equal(index.digest, 'sha256:873af59b44c59a1c582934f0094efe8d335d5050ac72636e10fa731f8b7d1294');
    });
  });

  it('describes the layers in the configuration and the manifest', async () => {
    await withFolder(async (folder) => {
      const { layers } = await smallImage(folder);
      const healthCheck = {
        command: ['/check'],
        intervalSeconds: 30,
        timeoutSeconds: 2,
        startPeriodSeconds: 0.5,
        retries: 3,
      };
      const image = composeImage({
        platform: 'linux/arm64',
        layers,
        config: { ...CONFIG, healthCheck },
        created: 86_400,
        annotations: { note: 'x' },
      });
      const config = JSON.parse(textOf(image.config.bytes));
      assert.deepEqual(config, {
        architecture: 'arm64',
        os: 'linux',
        variant: 'v8',
        created: '1970-01-02T00:00:00Z',
        config: {
          User: '65532:65532',
          Env: ['ALPHA=2', 'ZEBRA=1'],
          Entrypoint: ['/usr/bin/program'],
          WorkingDir: '/app',
          ExposedPorts: { '8080/tcp': {} },
          Labels: CONFIG.labels,
          StopSignal: 'SIGTERM',
          Healthcheck: {
            Test: ['CMD', '/check'],
            Interval: 30_000_000_000,
            Timeout: 2_000_000_000,
            StartPeriod: 500_000_000,
            Retries: 3,
          },
        },
        rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
        history: [
          { created: '1970-01-02T00:00:00Z', created_by: 'plimsoll base' },
          { created: '1970-01-02T00:00:00Z', created_by: 'plimsoll model' },
        ],
      });
      const manifest = JSON.parse(textOf(image.manifest.bytes));
      assert.equal(manifest.config.digest, digestOf(image.config.bytes));
      assert.equal(manifest.config.size, image.config.bytes.length);
      assert.deepEqual(manifest.annotations, { note: 'x' });
      assert.deepEqual(
        manifest.layers,
        layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
      );
    });
  });

  it('lists the images of an index by platform, whatever order they come in', async () => {
    await withFolder(async (folder) => {
      const { images, index } = await smallImage(folder);
      assert.equal(composeIndex([...images]).digest, index.digest);
      const { manifests } = JSON.parse(textOf(index.bytes));
      assert.deepEqual(
        manifests.map((entry: { platform: unknown }) => entry.platform),
        [
          { architecture: 'amd64', os: 'linux' },
          { architecture: 'arm64', os: 'linux', variant: 'v8' },
        ],
      );
    });
  });
});

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
