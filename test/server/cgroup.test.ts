import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readControlGroupLimits, readControlGroupMemory } from '../../templates/server/cgroup.ts';

const V1_GROUPS = '12:memory:/kube/pod\n5:cpu,cpuacct:/kube/pod\n1:name=systemd:/\n0::/\n';
const NO_LIMIT = '9223372036854771712\n';

const rows: readonly (readonly [
  title: string,
  files: Readonly<Record<string, string>>,
  limits: { memoryBytes: number | null; processors: number | null },
])[] = [
  ['nothing at all', {}, { memoryBytes: null, processors: null }],
  [
    'version 2, in a container that sees its own group as the top',
    {
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/memory.max': '268435456\n',
      'sys/fs/cgroup/cpu.max': '150000 100000\n',
    },
    { memoryBytes: 268435456, processors: 1.5 },
  ],
  [
    'version 2 without limits',
    { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/memory.max': 'max\n', 'sys/fs/cgroup/cpu.max': 'max 100000\n' },
    { memoryBytes: null, processors: null },
  ],
  [
    'version 2, limited by a group above its own',
    {
      'proc/self/cgroup': '0::/pod/container\n',
      'sys/fs/cgroup/pod/container/memory.max': 'max\n',
      'sys/fs/cgroup/pod/memory.max': '1000000\n',
      'sys/fs/cgroup/pod/container/cpu.max': '200000 100000\n',
      'sys/fs/cgroup/pod/cpu.max': '50000 100000\n',
    },
    { memoryBytes: 1000000, processors: 0.5 },
  ],
  [
    'version 1, with the path of the host but the container’s own group as the mount',
    {
      'proc/self/cgroup': V1_GROUPS,
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '134217728\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    },
    { memoryBytes: 134217728, processors: null },
  ],
  [
    'version 1 on a host, with the group below the mount and the controllers’ shorter name',
    {
      'proc/self/cgroup': V1_GROUPS,
      'sys/fs/cgroup/memory/memory.limit_in_bytes': NO_LIMIT,
      'sys/fs/cgroup/memory/kube/pod/memory.limit_in_bytes': '500\n',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/cpu/kube/pod/cpu.cfs_quota_us': '25000\n',
      'sys/fs/cgroup/cpu/kube/pod/cpu.cfs_period_us': '100000\n',
    },
    { memoryBytes: 500, processors: 0.25 },
  ],
  [
    'version 2, held up before it is killed',
    {
      'proc/self/cgroup': '0::/pod/container\n',
      'sys/fs/cgroup/pod/container/memory.max': '2000000\n',
      'sys/fs/cgroup/pod/container/memory.high': '1500000\n',
      'sys/fs/cgroup/pod/memory.max': 'max\n',
      'sys/fs/cgroup/pod/memory.high': 'max\n',
    },
    { memoryBytes: 1500000, processors: null },
  ],
  [
    'both versions, with the memory in version 2',
    {
      'proc/self/cgroup': '2:cpu:/a\n0::/b\n',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/cpu/a/cpu.cfs_quota_us': '50000\n',
      'sys/fs/cgroup/cpu/a/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/unified/cgroup.controllers': 'memory\n',
      'sys/fs/cgroup/unified/b/memory.max': '700\n',
    },
    { memoryBytes: 700, processors: 0.5 },
  ],
  [
    'both versions, with a unified hierarchy that controls nothing',
    {
      'proc/self/cgroup': V1_GROUPS,
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '800\n',
      'sys/fs/cgroup/unified/cgroup.controllers': '\n',
    },
    { memoryBytes: 800, processors: null },
  ],
  [
    'nonsense',
    { 'proc/self/cgroup': '0::/../..\nrubbish', 'sys/fs/cgroup/memory.max': 'lots', 'sys/fs/cgroup/cpu.max': '1' },
    { memoryBytes: null, processors: null },
  ],
];

describe('The control group’s limits', () => {
  const folders: string[] = [];
  const lay = (files: Readonly<Record<string, string>>): string => {
    const root = mkdtempSync(join(tmpdir(), 'plimsoll-cgroup-'));
    folders.push(root);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return root;
  };
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  for (const [title, files, limits] of rows) {
    it(`are read with ${title}`, () => {
      assert.deepEqual(readControlGroupLimits(lay(files)), limits);
    });
  }

  it('come with what is in use, in both versions', () => {
    const second = lay({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/memory.current': '77\n' });
    assert.equal(readControlGroupMemory(second), 77);
    const first = lay({
      'proc/self/cgroup': V1_GROUPS,
      'sys/fs/cgroup/memory/memory.limit_in_bytes': NO_LIMIT,
      'sys/fs/cgroup/memory/memory.usage_in_bytes': '88\n',
    });
    assert.equal(readControlGroupMemory(first), 88);
    assert.equal(readControlGroupMemory(lay({})), null);
  });
});
