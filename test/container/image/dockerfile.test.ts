import assert from 'node:assert/strict';
import { composeImage } from '../../../src/container/image/compose.ts';
import { renderBaseDockerfile, renderDockerfile } from '../../../src/container/image/dockerfile.ts';
import { Failure } from '../../../src/nouns/failure.ts';
import { CONFIG, smallImage, withFolder } from './fixtures.ts';

async function imageWith(folder: string, labels: Readonly<Record<string, string>>) {
  const { layers } = await smallImage(folder);
  return composeImage({
    platform: 'linux/amd64',
    layers,
    created: 0,
    config: {
      ...CONFIG,
      labels,
      healthCheck: {
        command: ['/usr/bin/program', '--health'],
        intervalSeconds: 30,
        timeoutSeconds: 5,
        startPeriodSeconds: 60,
        retries: 3,
      },
    },
  });
}

describe('a Dockerfile', () => {
  it('adds the layers, and says all that the configuration says', async () => {
    await withFolder(async (folder) => {
      const image = await imageWith(folder, { odd: 'a "b" $HOME \\ c' });
      assert.deepEqual(renderDockerfile(image).split('\n').slice(1), [
        'FROM scratch',
        'ADD base.tar.gz /',
        'ADD model.tar /',
        'ENV ALPHA="2"',
        'ENV ZEBRA="1"',
        'LABEL odd="a \\"b\\" \\$HOME \\\\ c"',
        'EXPOSE 8080/tcp',
        'WORKDIR /app',
        'USER 65532:65532',
        'STOPSIGNAL SIGTERM',
        'HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["/usr/bin/program","--health"]',
        'ENTRYPOINT ["/usr/bin/program"]',
        '',
      ]);
      assert.deepEqual(renderBaseDockerfile(image).split('\n').slice(1), ['FROM scratch', 'ADD base.tar.gz /', '']);
    });
  });

  it('is refused where Docker could not read a line of it, or would read two', async () => {
    await withFolder(async (folder) => {
      for (const value of ['x'.repeat(70_000), 'a\nRUN b']) {
        const image = await imageWith(folder, { label: value });
        assert.throws(
          () => renderDockerfile(image),
          (error) => error instanceof Failure && error.code === 'dockerfile/line',
        );
      }
    });
  });
});
