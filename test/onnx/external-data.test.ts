import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeModel } from '../../src/onnx/encode-model.ts';
import type { Model } from '../../src/onnx/model.ts';
import { modelFiles } from '../../src/onnx/model-files.ts';
import { readModel } from '../../src/onnx/read-model.ts';
import { readTensorBytes } from '../../src/onnx/read-tensor.ts';
import { resolveExternalData } from '../../src/onnx/resolve-external-data.ts';
import { scratchFolder } from './bytes.ts';
import { attributeOf, graphOf, modelOf, nodeOf, tensorOf } from './parts.ts';

type Entry = readonly [key: string, value: string];

describe('external data', () => {
  const folder = scratchFolder();
  const WEIGHTS = Uint8Array.from({ length: 24 }, (_, index) => index);

  before(() => {
    const inside = join(folder.path, 'model');
    mkdirSync(join(inside, 'sub'), { recursive: true });
    writeFileSync(join(folder.path, 'secret.bin'), WEIGHTS);
    writeFileSync(join(inside, 'weights.bin'), WEIGHTS);
    writeFileSync(join(inside, 'sub', 'weights.bin'), WEIGHTS);
    symlinkSync('weights.bin', join(inside, 'link.bin'));
    symlinkSync('../secret.bin', join(inside, 'escape.bin'));
    symlinkSync('/etc', join(inside, 'etc'));
    symlinkSync('turn.bin', join(inside, 'turn.bin'));
    symlinkSync('/dev/zero', join(inside, 'zero.bin'));
    linkSync(join(inside, 'weights.bin'), join(inside, 'hard.bin'));
    execFileSync('mkfifo', [join(inside, 'pipe.bin')]);
  });

  /** A model with one float tensor of 24 bytes at these entries, read from the folder. */
  function modelWith(entries: readonly Entry[]): Model {
    const values = new Map(entries);
    const location = values.get('location') ?? '';
    const data = {
      kind: 'external',
      location,
      offset: 0,
      entries: entries.filter(([key]) => key !== 'location'),
    } as const;
    const tensor = tensorOf('w', { dims: [2, 3], data });
    const path = join(folder.path, 'model', 'model.onnx');
    writeFileSync(path, encodeModel(modelOf({ graph: graphOf({ initializers: [tensor] }) })));
    return withEntries(readModel(path), entries);
  }

  /** Entries as a hostile file may have them, which our writer would not write. */
  function withEntries(model: Model, entries: readonly Entry[]): Model {
    const integer = (key: string): number | undefined => {
      const text = new Map(entries).get(key);
      return text === undefined ? undefined : Number(text);
    };
    const length = integer('length');
    const initializers = model.graph.initializers.map((tensor) => ({
      ...tensor,
      data: {
        kind: 'external' as const,
        location: new Map(entries).get('location') ?? '',
        offset: integer('offset') ?? 0,
        ...(length !== undefined && { length }),
        entries,
      },
    }));
    return { ...model, graph: { ...model.graph, initializers } };
  }

  const accepted: readonly (readonly [what: string, entries: readonly Entry[]])[] = [
    ['a file beside the model', [['location', 'weights.bin']]],
    ['a file in a folder below', [['location', 'sub/weights.bin']]],
    ['a way out and back that stays inside', [['location', 'sub/../weights.bin']]],
    ['a link that stays inside', [['location', 'link.bin']]],
    ['a hard link', [['location', 'hard.bin']]],
    [
      'offset and length',
      [
        ['location', 'weights.bin'],
        ['offset', '0'],
        ['length', '24'],
      ],
    ],
  ];
  for (const [what, entries] of accepted) {
    it(`takes ${what}`, () => {
      const model = modelWith(entries);
      assert.deepEqual(resolveExternalData(model).problems, []);
      const [tensor] = model.graph.initializers;
      assert.ok(tensor);
      assert.deepEqual(readTensorBytes(model, tensor), WEIGHTS);
    });
  }

  const refused: readonly (readonly [what: string, code: string, entries: readonly Entry[]])[] = [
    ['no location', 'onnx/external-path', []],
    ['a parent folder', 'onnx/external-path', [['location', '../secret.bin']]],
    ['a parent folder, later in the path', 'onnx/external-path', [['location', 'sub/../../secret.bin']]],
    ['a parent folder as Windows writes it', 'onnx/external-path', [['location', 'sub\\..\\..\\secret.bin']]],
    ['an absolute path', 'onnx/external-path', [['location', '/etc/passwd']]],
    ['an absolute path of Windows', 'onnx/external-path', [['location', 'C:\\secret.bin']]],
    ['a zero byte', 'onnx/external-path', [['location', 'weights.bin\0.txt']]],
    ['a link that leaves the folder', 'onnx/external-path', [['location', 'escape.bin']]],
    ['a folder that is a link out', 'onnx/external-path', [['location', 'etc/hostname']]],
    ['a link to a device', 'onnx/external-path', [['location', 'zero.bin']]],
    ['a link to itself', 'onnx/external-missing', [['location', 'turn.bin']]],
    ['a missing file', 'onnx/external-missing', [['location', 'none.bin']]],
    ['a name that is too long', 'onnx/external-missing', [['location', 'n'.repeat(5000)]]],
    ['a pipe', 'onnx/external-not-a-file', [['location', 'pipe.bin']]],
    ['a folder', 'onnx/external-not-a-file', [['location', 'sub']]],
    ['the folder of the model', 'onnx/external-path', [['location', '.']]],
    [
      'a negative offset',
      'onnx/external-range',
      [
        ['location', 'weights.bin'],
        ['offset', '-24'],
      ],
    ],
    [
      'an offset beyond the end',
      'onnx/external-range',
      [
        ['location', 'weights.bin'],
        ['offset', '24'],
      ],
    ],
    [
      'an offset that no number holds',
      'onnx/external-range',
      [
        ['location', 'weights.bin'],
        ['offset', '18446744073709551615'],
      ],
    ],
    [
      'a length beyond the end',
      'onnx/external-range',
      [
        ['location', 'weights.bin'],
        ['length', '25'],
      ],
    ],
    [
      'a length other than the tensor has',
      'onnx/external-range',
      [
        ['location', 'weights.bin'],
        ['length', '12'],
      ],
    ],
    [
      'a key that stands twice',
      'onnx/external-duplicate-key',
      [
        ['location', 'weights.bin'],
        ['location', 'weights.bin'],
      ],
    ],
  ];
  for (const [what, code, entries] of refused) {
    it(`refuses ${what}`, () => {
      const model = modelWith(entries);
      const { files, problems } = resolveExternalData(model);
      assert.deepEqual(files, []);
      assert.deepEqual(
        problems.map(({ failure }) => [failure.code, failure.exit]),
        [[code, 1]],
      );
      const [tensor] = model.graph.initializers;
      assert.ok(tensor);
      assert.throws(() => readTensorBytes(model, tensor), { code });
      assert.throws(() => modelFiles(model), { code });
    });
  }

  it('reads offsets and lengths that are no integers as wrong ones', () => {
    const path = join(folder.path, 'model', 'odd.onnx');
    const entries: readonly Entry[] = [
      ['location', 'weights.bin'],
      ['offset', 'zero'],
      ['length', '1e3'],
    ];
    const model = modelWith(entries);
    const [tensor] = model.graph.initializers;
    assert.ok(tensor);
    const data = { kind: 'external', location: 'weights.bin', offset: Number.NaN } as const;
    writeFileSync(path, encodeModel({ ...model, graph: graphOf({ initializers: [{ ...tensor, data }] }) }));
    const read = readModel(path).graph.initializers[0]?.data;
    assert.equal(read?.kind === 'external' && read.offset, -1);
  });

  it('finds the data of a model that a cache keeps as links to a store', () => {
    const store = join(folder.path, 'store');
    const snapshot = join(folder.path, 'snapshot');
    mkdirSync(store);
    mkdirSync(snapshot);
    const data = { kind: 'external', location: 'weights.bin', offset: 0 } as const;
    const model = modelOf({ graph: graphOf({ initializers: [tensorOf('w', { dims: [6], data })] }) });
    writeFileSync(join(store, '1111'), encodeModel(model));
    writeFileSync(join(store, '2222'), WEIGHTS);
    symlinkSync('../store/1111', join(snapshot, 'model.onnx'));
    symlinkSync('../store/2222', join(snapshot, 'weights.bin'));
    const read = readModel(join(snapshot, 'model.onnx'));
    assert.deepEqual(resolveExternalData(read).problems, []);
    assert.deepEqual(
      modelFiles(read).map(({ role, location }) => [role, location]),
      [
        ['model', 'model.onnx'],
        ['external-data', 'weights.bin'],
      ],
    );
  });

  it('finds tensors in subgraphs and says in which', () => {
    const data = { kind: 'external', location: 'none.bin', offset: 0 } as const;
    const inner = graphOf({ initializers: [tensorOf('deep', { dims: [1], data })] });
    const node = nodeOf('If', {
      name: 'choice',
      attributes: [attributeOf('then_branch', { kind: 'graph', value: inner })],
    });
    const model = modelOf({ path: join(folder.path, 'model', 'x.onnx'), graph: graphOf({ nodes: [node] }) });
    assert.deepEqual(
      resolveExternalData(model).problems.map(({ graph, tensor }) => [graph, tensor.name]),
      [['choice/then_branch', 'deep']],
    );
  });

  it('holds files against their checksum when asked', () => {
    const sha1 = createHash('sha1').update(WEIGHTS).digest('hex');
    for (const [checksum, codes] of [
      [sha1, []],
      ['0'.repeat(40), ['onnx/external-checksum']],
    ] as const) {
      const data = { kind: 'external', location: 'weights.bin', offset: 0, checksum } as const;
      const tensor = tensorOf('w', { dims: [6], data });
      const model = modelOf({ path: join(folder.path, 'model', 'x.onnx'), graph: graphOf({ initializers: [tensor] }) });
      assert.deepEqual(resolveExternalData(model).problems, []);
      const { problems } = resolveExternalData(model, { checksums: true });
      assert.deepEqual(
        problems.map(({ failure }) => failure.code),
        codes,
      );
    }
  });
});
