import { type Cache, openCache } from '../cache/cache.ts';
import { cacheFolder } from '../cache/location.ts';
import type { CacheEntry } from '../cache/prune.ts';
import { formatByteSize } from '../nouns/byte-size.ts';
import { EXIT, type ExitCode, Failure } from '../nouns/failure.ts';
import type { CommandSpec, Door, Flags } from './command.ts';

const DAY_MS = 24 * 3600 * 1000;
const DEFAULT_DAYS = 30;

const WHAT: Readonly<Record<CacheEntry['room'], string>> = {
  blobs: 'packages, layers and files',
  folders: 'runtimes and prepared models',
  facts: 'small facts',
};

type Action = (cache: Cache, flags: Flags, door: Door) => Promise<void>;

const ACTIONS: Readonly<Record<string, Action>> = {
  list: async (cache, _, door) => {
    const entries = await cache.list();
    for (const [room, what] of Object.entries(WHAT)) {
      const own = entries.filter((entry) => entry.room === room);
      const unused = Math.floor((door.machine.now().getTime() - (own[0]?.usedAt ?? 0)) / DAY_MS);
      const since = own.length === 0 ? '' : `, one unused for ${unused} days`;
      door.print(`${what}: ${own.length} of ${sizeOf(own)}${since}`);
    }
    door.print(`${cache.root}: ${sizeOf(entries)}`);
  },
  prune: async (cache, flags, door) => {
    const now = door.machine.now().getTime();
    const unusedSince = flags.all === true ? Number.POSITIVE_INFINITY : now - daysOf(flags) * DAY_MS;
    const { removed, kept, inUse } = await cache.prune(unusedSince);
    if (inUse) door.tell('another process uses the cache; what it may need was spared');
    door.print(`removed ${removed.length} of ${sizeOf(removed)}, kept ${kept.length} of ${sizeOf(kept)}`);
  },
};

export const cacheCommand: CommandSpec = {
  name: 'cache',
  summary: 'show what the cache holds, or remove what was not used for long',
  argument: { name: 'action', description: 'list or prune', default: 'list', choices: Object.keys(ACTIONS) },
  options: [
    {
      flags: '--unused-for <days>',
      description: `what prune removes: unused for so many days (default: ${DEFAULT_DAYS})`,
    },
    { flags: '--all', description: 'prune all that no running process may need' },
  ],
  examples: ['plimsoll cache list', 'plimsoll cache prune --unused-for 7'],
  async run(name, flags, door): Promise<ExitCode> {
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (!action) throw unknown(name);
    const { env, platform, home } = door.machine;
    const cache = await openCache({ folder: cacheFolder({ env, platform, home }), onCorrupt: door.tell });
    await action(cache, flags, door);
    return EXIT.passed;
  },
};

function sizeOf(entries: readonly CacheEntry[]): string {
  return formatByteSize(entries.reduce((sum, { bytes }) => sum + bytes, 0));
}

function daysOf({ unusedFor }: Flags): number {
  if (unusedFor === undefined) return DEFAULT_DAYS;
  const days = typeof unusedFor === 'string' && /^\d{1,5}$/.test(unusedFor) ? Number(unusedFor) : Number.NaN;
  if (!Number.isNaN(days)) return days;
  throw new Failure(`--unused-for ${String(unusedFor)}: wanted a whole number of days`, {
    code: 'usage/days',
    exit: EXIT.usage,
    mend: 'For instance --unused-for 7.',
  });
}

function unknown(name: string): Failure {
  return new Failure(`plimsoll cache ${name}: wanted ${Object.keys(ACTIONS).join(' or ')}`, {
    code: 'usage/action',
    exit: EXIT.usage,
    mend: 'For instance plimsoll cache list.',
  });
}
