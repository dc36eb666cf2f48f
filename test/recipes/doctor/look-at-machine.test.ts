import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { doctorCommand } from '../../../src/commands/doctor.ts';
import type { Facility, FacilityName, MachineHealth } from '../../../src/nouns/machine-health.ts';
import { commandHealth } from '../../../src/recipes/doctor/command-health.ts';
import { lookAtMachine } from '../../../src/recipes/doctor/look-at-machine.ts';
import { testDoor } from '../../commands/door.ts';
import { type LocalServer, serveFiles, startServer } from '../../container/sources/fakes.ts';

const NAMES: readonly FacilityName[] = [
  'Node',
  'cache',
  'disk',
  'npm registry',
  'Debian mirror',
  'proxy',
  'container engine',
  'memory cgroup',
  'Python',
];

describe('plimsoll doctor', function () {
  this.timeout(60_000);
  let folder: string;
  let server: LocalServer;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'plimsoll-doctor-'));
    server = await startServer(
      serveFiles(
        new Map([
          ['/onnxruntime-common/1.30.0', '{}'],
          ['/debian/dists/trixie/InRelease', 'Suite: stable'],
        ]),
      ),
    );
  });
  after(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const machine = (env: Readonly<Record<string, string>>) => ({
    ...testDoor().machine,
    home: folder,
    workingFolder: folder,
    env: {
      PATH: process.env.PATH ?? '',
      PLIMSOLL_CACHE: join(folder, 'cache'),
      npm_config_registry: server.url,
      PLIMSOLL_DEBIAN_MIRROR: `${server.url}/debian`,
      DOCKER_HOST: 'tcp://127.0.0.1:1',
      ...env,
    },
  });
  const look = (env: Readonly<Record<string, string>> = {}) =>
    lookAtMachine(machine(env), new AbortController().signal);
  const find = ({ facilities }: MachineHealth, name: FacilityName) =>
    facilities.find((facility) => facility.name === name) as Facility;
  const stateOf = ({ commands }: MachineHealth, word: string) =>
    commands.find(({ command }) => command.startsWith(word))?.state;

  it('looks at everything, with a mend for each that lacks', async () => {
    const health = await look();
    assert.deepEqual(
      health.facilities.map(({ name }) => name),
      NAMES,
    );
    for (const { state, mend, detail } of health.facilities) {
      assert.notEqual(detail, '');
      assert.equal(mend === null, state === 'there');
    }
    for (const name of ['Node', 'cache', 'disk', 'npm registry', 'Debian mirror'] as const)
      assert.equal(find(health, name).state, 'there', name);
    assert.equal(find(health, 'container engine').state, 'lacking');
    assert.equal(stateOf(health, 'package --load'), 'lacking');
    assert.equal(stateOf(health, 'run'), 'partly');
  });

  it('finds what is no cache, no registry, no mirror and no Python, and shows no password of a proxy', async () => {
    writeFileSync(join(folder, 'file'), '');
    const health = await look({
      PLIMSOLL_CACHE: join(folder, 'file', 'cache'),
      PLIMSOLL_PYTHON: join(folder, 'none'),
      NO_PROXY: '127.0.0.1',
      HTTPS_PROXY: 'http://me:secret@proxy.example:3128',
    });
    assert.deepEqual(
      (['cache', 'npm registry', 'Debian mirror', 'Python'] as const).map((name) => find(health, name).state),
      ['lacking', 'lacking', 'lacking', 'lacking'],
    );
    assert.match(find(health, 'proxy').detail, /proxy\.example:3128/);
    assert.doesNotMatch(JSON.stringify(health), /secret/);
    assert.equal(stateOf(health, 'init'), 'works');
    assert.equal(stateOf(health, 'convert'), 'lacking');
  });

  it('names a server that answers otherwise', async () => {
    const { facilities } = await look({
      npm_config_registry: `${server.url}/none`,
      PLIMSOLL_DEBIAN_MIRROR: `${server.url}/none`,
    });
    for (const name of ['npm registry', 'Debian mirror']) {
      const { state, detail } = facilities.find((facility) => facility.name === name) as Facility;
      assert.equal(state, 'lacking');
      assert.match(detail, /404/);
    }
  });

  it('is a page that fits 60 columns, and JSON for machines', async () => {
    const door = testDoor({ columns: 60 });
    const narrow = { ...door, machine: machine({ NO_COLOR: '1' }) };
    assert.equal(await doctorCommand.run('.', {}, narrow), 0);
    assert.ok(door.printed.join('\n').includes('What can be done here'));
    const json = testDoor();
    await doctorCommand.run('.', { format: 'json' }, { ...json, machine: machine({}) });
    assert.equal(JSON.parse(json.printed.join('\n')).schema, 'plimsoll.doctor/1');
  });

  it('says of a command that one of two is enough', () => {
    const all = (lacking: readonly FacilityName[]) =>
      commandHealth(
        NAMES.map((name) => ({ name, state: lacking.includes(name) ? 'lacking' : 'there', detail: 'x', mend: null })),
      );
    const probe = (lacking: readonly FacilityName[]) =>
      all(lacking).find(({ command }) => command === 'lint --probe')?.state;
    assert.deepEqual(
      [probe([]), probe(['memory cgroup']), probe(['memory cgroup', 'container engine'])],
      ['works', 'works', 'partly'],
    );
    assert.ok(all([]).every(({ state }) => state === 'works'));
  });
});
