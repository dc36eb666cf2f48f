import assert from 'node:assert/strict';
import { PLANNED_ENVIRONMENT } from '../../src/validate/runtime/session-options.ts';
import { environmentProblems } from '../../templates/server/check-environment.ts';

const PLAN = { environment: { ...PLANNED_ENVIRONMENT } };

describe('The environment that the memory plan counts on', () => {
  const rows: readonly { title: string; environment: Readonly<Record<string, string>>; problems: readonly RegExp[] }[] =
    [
      { title: 'is that of the image', environment: PLANNED_ENVIRONMENT, problems: [] },
      {
        title: 'is not there where nothing is set',
        environment: {},
        problems: [
          /MALLOC_ARENA_MAX is not set/,
          /MALLOC_MMAP_THRESHOLD_ is not set/,
          /MALLOC_TRIM_THRESHOLD_ is not set/,
        ],
      },
      {
        title: 'is not there where one has another value',
        environment: { ...PLANNED_ENVIRONMENT, MALLOC_ARENA_MAX: '64' },
        problems: [/MALLOC_ARENA_MAX is "64"; the memory plan counts on "2"/],
      },
      {
        title: 'does not count under another allocator',
        environment: { ...PLANNED_ENVIRONMENT, LD_PRELOAD: '/usr/lib/libjemalloc.so.2' },
        problems: [/LD_PRELOAD="\/usr\/lib\/libjemalloc\.so\.2" puts another allocator/],
      },
      {
        title: 'does not count where the tunables of glibc say otherwise',
        environment: { ...PLANNED_ENVIRONMENT, GLIBC_TUNABLES: 'glibc.malloc.arena_max=8' },
        problems: [/GLIBC_TUNABLES/],
      },
      {
        title: 'may have other tunables and other preloaded libraries',
        environment: { ...PLANNED_ENVIRONMENT, GLIBC_TUNABLES: 'glibc.cpu.x86_shstk=on', LD_PRELOAD: 'libfaketime.so' },
        problems: [],
      },
    ];
  for (const { title, environment, problems } of rows) {
    it(title, () => {
      const found = environmentProblems(PLAN, environment);
      assert.equal(found.length, problems.length, found.join('\n'));
      for (const [index, pattern] of problems.entries()) assert.match(found[index] ?? '', pattern);
    });
  }
});
