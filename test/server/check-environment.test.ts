import assert from 'node:assert/strict';
import { PLANNED_ENVIRONMENT } from '../../src/validate/runtime/session-options.ts';
import { environmentProblems, type Start } from '../../templates/server/check-environment.ts';

const PLAN = { environment: { ...PLANNED_ENVIRONMENT } };

interface Row {
  readonly title: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly start?: Partial<Start>;
  readonly problems: readonly RegExp[];
}

describe('The environment that the memory plan counts on', () => {
  const rows: readonly Row[] = [
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
      title: 'does not count where large blocks stay in the heap, or the heap is padded',
      environment: { ...PLANNED_ENVIRONMENT, MALLOC_MMAP_MAX_: '0', MALLOC_TOP_PAD_: '1000000' },
      problems: [/MALLOC_MMAP_MAX_="0" keeps large blocks/, /MALLOC_TOP_PAD_/],
    },
    {
      title: 'does not count where an allocator is loaded by other ways',
      environment: PLANNED_ENVIRONMENT,
      start: {
        mappings: '7f0-7f1 r-xp 0 08:01 1 /usr/lib/libjemalloc.so.2\n7f2-7f3 r-xp 0 08:01 1 /malloc-free/libc.so.6\n',
      },
      problems: [/\/usr\/lib\/libjemalloc\.so\.2 is loaded/],
    },
    {
      title: 'does not count under settings of Node’s memory',
      environment: {
        ...PLANNED_ENVIRONMENT,
        NODE_OPTIONS: '--no-warnings --max-old-space-size=4096 --require ./agent.js',
      },
      start: { nodeArguments: ['--max-semi-space-size=64'] },
      problems: [/NODE_OPTIONS has --max-old-space-size=4096/, /--require/, /started with --max-semi-space-size=64/],
    },
    {
      title: 'may have what only says, trusts or looks up',
      environment: { ...PLANNED_ENVIRONMENT, NODE_OPTIONS: '--enable-source-maps --dns-result-order ipv4first' },
      problems: [],
    },
    {
      title: 'may have other tunables and other preloaded libraries',
      environment: { ...PLANNED_ENVIRONMENT, GLIBC_TUNABLES: 'glibc.cpu.x86_shstk=on', LD_PRELOAD: 'libfaketime.so' },
      problems: [],
    },
  ];
  for (const { title, environment, problems, start } of rows) {
    it(title, () => {
      const found = environmentProblems(PLAN, { nodeArguments: [], mappings: '', ...start, environment });
      assert.equal(found.length, problems.length, found.join('\n'));
      for (const [index, pattern] of problems.entries()) assert.match(found[index] ?? '', pattern);
    });
  }
});
