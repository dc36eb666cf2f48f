import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { diffCommand } from '../../../src/commands/diff.ts';
import { packageModel } from '../../../src/commands/package.ts';
import { Failure } from '../../../src/nouns/failure.ts';
import { passingVerdict } from '../../support/sample-verdict.ts';
import { openSmallWorld, RUNTIME, type SmallWorld } from '../../support/small-world.ts';

describe('What plimsoll diff compares', function () {
  this.timeout(120_000);
  let world: SmallWorld;
  before(async () => {
    world = await openSmallWorld();
  });
  after(async () => world.close());

  const diff = async (old: string, now: string) => {
    const door = world.door();
    const exit = await diffCommand.run(old, { new: now, format: 'json', exitCode: true }, door);
    return { exit, difference: JSON.parse(door.printed.join('\n')) };
  };

  const refusals: readonly {
    readonly title: string;
    readonly sides: readonly [string, string];
    readonly code: string;
    readonly mend: RegExp;
  }[] = [
    {
      title: 'what is not there',
      sides: ['none', 'none'],
      code: 'diff/missing',
      mend: /a report or verdict as JSON, or an image/,
    },
    { title: 'an empty name', sides: ['', 'x'], code: 'diff/missing', mend: /an \.onnx file/ },
    {
      title: 'a JSON file of another kind',
      sides: ['package.json', 'x'],
      code: 'diff/unreadable',
      mend: /--format json/,
    },
    {
      title: 'a report of another version',
      sides: ['report-9.json', 'x'],
      code: 'diff/unreadable',
      mend: /plimsoll\.report\/1/,
    },
    { title: 'a report that was cut off', sides: ['cut.json', 'x'], code: 'diff/unreadable', mend: /--format json/ },
    {
      title: 'a registry that does not answer',
      sides: ['localhost:1/team/model:1', 'x'],
      code: 'network/unreachable',
      mend: /./,
    },
  ];
  for (const { title, sides, code, mend } of refusals) {
    it(`refuses ${title}, with what would do`, async () => {
      await writeFile(join(world.folder, 'package.json'), '{}');
      await writeFile(join(world.folder, 'report-9.json'), '{"schema":"plimsoll.report/9"}');
      await writeFile(join(world.folder, 'cut.json'), '{"schema":"plimsoll.report/1","to');
      await assert.rejects(diff(...sides), (error) => {
        assert.ok(error instanceof Failure, String(error));
        return error.code === code && mend.test(error.mend);
      });
    });
  }

  it('tells images, locks and models by what they are, and refuses two of other kinds', async function () {
    if (RUNTIME === undefined) this.skip();
    const project = await world.project('one');
    const bench = await world.bench();
    const pack = (name: string) =>
      packageModel(project, { sinks: [{ kind: 'oci', path: join(world.folder, name) }], frozen: false }, bench);
    try {
      await pack('first');
      await copyFile(join(project, 'plimsoll.lock'), join(world.folder, 'first.lock'));
      await writeFile(
        join(project, 'plimsoll.yaml'),
        'name: small\nmodel: model.onnx\nbounds: { batch: 9 }\nplatforms: [linux/amd64]\n',
      );
      await pack('second');
    } finally {
      await bench.close();
    }
    const same = await diff('oci:first', 'first');
    assert.deepEqual([same.exit, same.difference.kind, same.difference.same], [0, 'image', true]);
    const { exit, difference } = await diff('first', 'second');
    assert.deepEqual([exit, difference.kind], [1, 'image']);
    const changed = difference.layers.filter((layer: { same: boolean }) => !layer.same);
    assert.deepEqual(
      changed.map(({ name }: { name: string }) => name),
      ['model'],
    );
    assert.ok(difference.lock.some(({ what }: { what: string }) => what === 'plan'));
    assert.equal(difference.verdict, null);
    await mkdir(join(world.folder, 'plimsoll.verdicts'));
    for (const [image, value] of [
      ['first', 0.9],
      ['second', 0.8],
    ] as const) {
      const document = JSON.parse(await readFile(join(world.folder, image, 'index.json'), 'utf8'));
      const [{ digest }] = document.manifests as [{ readonly digest: string }];
      const verdict = passingVerdict();
      const metrics = verdict.metrics.map((one) => ({ ...one, overall: { ...one.overall, value } }));
      const file = join(world.folder, 'plimsoll.verdicts', `${digest.replace(':', '-')}.json`);
      await writeFile(file, JSON.stringify({ ...verdict, metrics }));
      await writeFile(join(world.folder, `${image}.json`), JSON.stringify({ ...verdict, metrics }));
    }
    const accuracy = async (old: string, now: string) => {
      const { difference: found } = await diff(old, now);
      const [{ from, to }] = (found.verdict?.metrics ?? found.metrics) as [
        { from: { value: number }; to: { value: number } },
      ];
      return [from.value, to.value];
    };
    assert.deepEqual(await accuracy('first', 'second'), [0.9, 0.8]);
    assert.deepEqual(await accuracy('second.json', 'first.json'), [0.8, 0.9]);
    assert.equal((await diff('first.lock', 'first')).exit, 0);
    assert.equal((await diff('first.lock', 'second')).difference.kind, 'lock');
    assert.equal((await diff('one', 'one/model.onnx')).difference.kind, 'model');
    await assert.rejects(diff('one', 'first'), (error) => error instanceof Failure && error.code === 'diff/kinds');
  });
});
