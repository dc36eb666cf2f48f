import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { findGroup } from '../../../src/container/cgroup/find-group.ts';
import { makeGroup } from '../../../src/container/cgroup/make-group.ts';
import { mappedBytesOf } from '../../../src/container/cgroup/mapped-bytes.ts';
import { MemoryGroup } from '../../../src/container/cgroup/memory-group.ts';

/** Kernels as they show themselves to a process, written down: version 1, both, version 2, and within a container of each. */
const STAT = 'anon 4096\nfile 9000\nactive_file 5000\ninactive_file 3000\nshmem 1000\n';
const V1_FILES = {
  'memory.usage_in_bytes': '70000\n',
  'memory.max_usage_in_bytes': '90000\n',
  'memory.limit_in_bytes': '9223372036854771712\n',
  'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n',
  'memory.stat': `cache 9000\nrss 4096\n${STAT}`,
};
const V2_FILES = {
  'cgroup.controllers': 'cpu memory pids\n',
  'memory.current': '70000\n',
  'memory.peak': '90000\n',
  'memory.max': 'max\n',
  'memory.events': 'low 0\nhigh 0\nmax 7\noom 4\noom_kill 3\n',
  'memory.stat': STAT,
};
const V1_PROC = '11:memory:/docker/abc\n5:cpu,cpuacct:/docker/abc\n0::/docker/abc\n';
const V2_PROC = '0::/system.slice/docker-abc.scope\n';

const MIB = 2 ** 20;

const ROWS = [
  { title: 'version 1', proc: V1_PROC, folder: 'sys/fs/cgroup/memory/docker/abc', files: V1_FILES, version: 'v1' },
  {
    title: 'version 1 seen from within',
    proc: V1_PROC,
    folder: 'sys/fs/cgroup/memory',
    files: V1_FILES,
    version: 'v1',
  },
  {
    title: 'version 2',
    proc: V2_PROC,
    folder: 'sys/fs/cgroup/system.slice/docker-abc.scope',
    files: V2_FILES,
    version: 'v2',
  },
  { title: 'version 2 seen from within', proc: '0::/\n', folder: 'sys/fs/cgroup', files: V2_FILES, version: 'v2' },
  {
    title: 'both, with the memory in version 2',
    proc: '2:cpu:/a\n0::/b\n',
    folder: 'sys/fs/cgroup/unified/b',
    files: V2_FILES,
    version: 'v2',
  },
] as const;

describe('A memory cgroup', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'plimsoll-cgroup-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const writeAll = (folder: string, files: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(files)) write(`${folder}/${name}`, text);
  };

  for (const { title, proc, folder, files, version } of ROWS) {
    it(`is found and read: ${title}`, () => {
      write('proc/17/cgroup', proc);
      writeAll(folder, files);
      const found = findGroup(17, `${root}/`);
      assert.deepEqual(found, { folder: join(root, folder), version });
      const group = new MemoryGroup(found.folder, found.version);
      assert.deepEqual([group.currentBytes, group.peakBytes, group.fileBytes, group.kills], [70_000, 90_000, 8000, 3]);
      group.close();
    });
  }

  it('is not made up where the kernel shows none', () => {
    write('proc/17/cgroup', '0::/gone\n');
    assert.equal(findGroup(17, `${root}/`), undefined);
    assert.equal(findGroup(18, `${root}/`), undefined);
  });

  it('does not leave the mount for a path that climbs out of it', () => {
    write('proc/17/cgroup', '0::/../../../etc\n');
    writeAll('sys/fs/cgroup', V2_FILES);
    assert.equal(findGroup(17, `${root}/`)?.folder, join(root, 'sys/fs/cgroup'));
  });

  it('goes by what it has seen where the kernel keeps no peak', () => {
    const { 'memory.peak': _, ...older } = V2_FILES;
    writeAll('group', older);
    const group = new MemoryGroup(join(root, 'group'), 'v2');
    assert.equal(group.keepsPeak, false);
    assert.equal(group.peakBytes, 70_000);
    write('group/memory.current', '95000\n');
    assert.equal(group.peakBytes, 95_000);
    assert.equal(group.countAnew(), true);
    group.close();
  });

  it('takes pages of files off the peak, and goes by what it has seen where others took such pages in between', () => {
    const statOf = (mebibytes: number) => `active_file ${mebibytes * MIB}\ninactive_file 0\n`;
    const grow = (bytes: number, peak: number, files: number) => {
      write('group/memory.current', `${bytes * MIB}\n`);
      write('group/memory.peak', `${peak * MIB}\n`);
      write('group/memory.stat', statOf(files));
    };
    writeAll('group', V2_FILES);
    grow(60, 60, 20);
    const group = new MemoryGroup(join(root, 'group'), 'v2');
    assert.equal(group.unreclaimablePeakBytes, 40 * MIB);
    // A run reads 15 MiB more of a file, and holds a moment that nobody looked at.
    grow(80, 85, 35);
    assert.equal(group.unreclaimablePeakBytes, 50 * MIB);
    assert.equal(group.lostFileBytes, 0);
    grow(60, 85, 20);
    assert.equal(group.unreclaimablePeakBytes, 45 * MIB);
    assert.equal(group.lostFileBytes, 15 * MIB);
    group.close();
  });

  it('waits for the statistics of many processors only', async () => {
    writeAll('group', V2_FILES);
    const group = new MemoryGroup(join(root, 'group'), 'v2');
    const first = (processors: number) =>
      Promise.race([group.gathered(processors).then(() => 'gathered'), setImmediate('waits')]);
    assert.deepEqual([await first(8), await first(64)], ['gathered', 'waits']);
    group.close();
  });

  it('counts anew by a write through the very file that is read afterwards', () => {
    writeAll('group', V2_FILES);
    const group = new MemoryGroup(join(root, 'group'), 'v2');
    assert.equal(group.keepsPeak, true);
    assert.equal(group.countAnew(), true);
    assert.equal(readFileSync(join(root, 'group/memory.peak'), 'utf8').slice(0, 1), '1');
    group.close();
  });

  it('says that it cannot count anew where the peak cannot be written', function () {
    const place = findGroup('self');
    if (process.getuid?.() !== 0 || place?.version !== 'v1') this.skip();
    writeAll('group', V2_FILES);
    // A folder in the place of the file takes no bytes, as the peak of older kernels takes none.
    rmSync(join(root, 'group/memory.peak'));
    mkdirSync(join(root, 'group/memory.peak'));
    const group = new MemoryGroup(join(root, 'group'), 'v2');
    assert.equal(group.countAnew(), false);
    group.close();
  });

  it('reads how much of mapped files a process has touched', () => {
    write('proc/17/status', 'Name:\tnode\nVmHWM:\t  100 kB\nRssFile:\t   64 kB\n');
    assert.equal(mappedBytesOf(17, `${root}/`), 65_536);
    assert.equal(mappedBytesOf(18, `${root}/`), 0);
  });

  it('is not made where no group can be written, and says why', () => {
    write('proc/self/cgroup', '0::/\n');
    write('sys/fs/cgroup/cgroup.controllers', 'memory\n');
    const making = makeGroup(2 ** 26, `${root}/`);
    assert.ok(
      making.made === null && /does not hand on the memory controller/.test(making.why),
      JSON.stringify(making),
    );
    assert.deepEqual(
      readdirSync(join(root, 'sys/fs/cgroup')).filter((name) => name.startsWith('plimsoll')),
      [],
    );
  });

  describe('of this machine', () => {
    before(function () {
      const { made } = makeGroup(null);
      if (made === null) this.skip();
      return made.remove();
    });

    it('counts a process that enters it, holds it to its limit, and leaves nothing behind', async () => {
      const { made } = makeGroup(64 * 2 ** 20);
      assert.ok(made);
      const eat = (mebibytes: number) =>
        spawnSync('sh', [
          '-c',
          `echo $$ > ${made.members} && exec ${process.execPath} -e "Buffer.alloc(${mebibytes} * 2 ** 20, 1)"`,
        ]);
      assert.equal(eat(20).status, 0);
      assert.ok(made.group.peakBytes > 20 * 2 ** 20, String(made.group.peakBytes));
      assert.equal(made.group.kills, 0);
      assert.equal(eat(200).signal ?? eat(200).status, 'SIGKILL');
      assert.ok(made.group.kills > 0);
      const { folder } = made.group;
      await made.remove();
      assert.equal(existsSync(folder), false);
    });
  });
});
