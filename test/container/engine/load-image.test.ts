import assert from 'node:assert/strict';
import { loadImage } from '../../../src/container/engine/load-image.ts';
import { smallImage, withFolder } from '../image/fixtures.ts';
import { type Rows, withEngine } from './fake-engine.ts';

describe('loading an image into an engine', () => {
  it('sends the archive, and makes sure that the tag names the image', async () => {
    await withFolder(async (folder) => {
      const { images, layers } = await smallImage(folder);
      const [image] = images;
      const rows: Rows = [
        [/^GET \/images\/small:1\/json/, () => ({ json: { Id: image.config.digest, RootFS: { Layers: [] } } })],
        [/^POST \/images\/load/, () => ({ json: { stream: 'Loaded image: small:1' } })],
      ];
      await withEngine(folder, rows, async (engine, calls) => {
        const loaded = await loadImage(engine, image, { reference: 'small:1' });
        assert.deepEqual(loaded, { id: image.config.digest, reference: 'small:1', reused: false });
        const sent = calls.find(({ line }) => line.includes('/images/load'));
        assert.ok(sent?.body.includes('"RepoTags":["small:1"]'));
        assert.ok(layers.every((layer) => sent?.body.includes(layer.digest.slice(7))));
      });
    });
  });

  it('sends nothing where the engine has the image, and gives it its tag', async () => {
    await withFolder(async (folder) => {
      const { images } = await smallImage(folder);
      const [image] = images;
      const rows: Rows = [
        [/^GET \/images\/sha256:\w+\/json/, () => ({ json: { Id: image.config.digest, RootFS: { Layers: [] } } })],
        [/^POST \/images\/.*\/tag\?repo=small&tag=latest/, () => ({ status: 201 })],
      ];
      await withEngine(folder, rows, async (engine, calls) => {
        assert.equal((await loadImage(engine, image, { reference: 'small' })).reused, true);
        assert.ok(!calls.some(({ line }) => line.includes('/images/load')));
      });
    });
  });

  const refusals: readonly (readonly [string, Rows, { readonly code: string; readonly message: RegExp }])[] = [
    [
      'has another image under the tag afterwards',
      [
        [
          /^GET \/images\/small:latest\/json/,
          () => ({ json: { Id: 'sha256:other', RootFS: { Layers: ['sha256:x'] } } }),
        ],
        [/^POST \/images\/load/, () => ({})],
      ],
      { code: 'engine/wrong-image', message: /sha256:other/ },
    ],
    [
      'reports an error inside a good answer',
      [[/^POST \/images\/load/, () => ({ json: { error: 'write: no space left on device' } })]],
      { code: 'engine/full', message: /no space left/ },
    ],
    [
      'refuses',
      [[/^POST \/images\/load/, () => ({ status: 500, json: { message: 'storage is broken' } })]],
      { code: 'engine/refused', message: /storage is broken/ },
    ],
  ];
  for (const [what, rows, wanted] of refusals) {
    it(`fails where the engine ${what}`, async () => {
      await withFolder(async (folder) => {
        const { images } = await smallImage(folder);
        await withEngine(folder, rows, async (engine) => {
          await assert.rejects(loadImage(engine, images[0], { reference: 'small' }), { name: 'Failure', ...wanted });
        });
      });
    });
  }
});
