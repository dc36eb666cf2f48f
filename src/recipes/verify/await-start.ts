import { PLATFORMS } from '../../nouns/platform.ts';
import type { VerdictFailure } from '../../nouns/verdict.ts';
import type { Owners } from '../../nouns/verify-settings.ts';
import { responsibleFor } from '../../verify/responsible.ts';
import type { Told } from '../../verify/tell-cause.ts';
import type { Workbench } from '../workbench.ts';
import { endedBy } from './explain-problem.ts';
import type { ImageUnderTest } from './image-under-test.ts';
import type { Place } from './place.ts';
import { START_MS } from './watch-start.ts';

/** Waits until an image is ready; gives the failure where it does not come to that. */
export async function awaitStart(
  place: Place,
  { image, owners, bench }: { readonly image: ImageUnderTest; readonly owners: Owners; readonly bench: Workbench },
): Promise<VerdictFailure | undefined> {
  const first = await place.start;
  if (first === 'ready') return undefined;
  const isForeign = PLATFORMS[image.platform].npmCpu !== bench.machine.cpu;
  const { what, told } = isForeign ? foreign(image) : first === 'late' ? LATE : endedBy(first);
  const isStarved = what === 'out-of-memory' || saysNoRoom(place.log());
  return {
    check: 'start',
    what: what === 'crashed' ? 'did-not-start' : what,
    ...told,
    ...(isStarved && { cause: 'limit' as const, mend: STARVED }),
    responsible: responsibleFor(told, owners),
    case: null,
    output: null,
    message: `the image does not start: ${first === 'late' ? `not ready after ${START_MS / 1000} s` : exitText(first)}`,
    evidence: [...place.log()],
    smallest: { rows: null, requests: 0, file: null, command: startCommand(image, place) },
  };
}

const STARVED = 'Raise budget.memory to what plimsoll lint recommends, or lower the bounds.';

const LATE: { readonly what: string; readonly told: Told } = {
  what: 'timed-out',
  told: {
    owner: 'system',
    cause: 'server',
    missing: null,
    mend: 'A limit on memory that is barely enough makes it read the same pages again and again: raise it, and see the log.',
  },
};

function foreign({ platform }: ImageUnderTest): { readonly what: string; readonly told: Told } {
  return {
    what: 'other-processor',
    told: {
      owner: 'inconclusive',
      cause: 'machine',
      missing: `a machine, or an emulator in the engine, that runs ${platform}`,
      mend: 'Verify on a machine of that kind, or install its emulator in the engine (tonistiigi/binfmt, qemu-user-static).',
    },
  };
}

/** The server itself refuses to start where its limit has no room for the smallest run. */
function saysNoRoom(log: readonly string[]): boolean {
  return log.some((line) => /memory (limit|budget)|does not fit/i.test(line));
}

function exitText({ code, outOfMemory }: { readonly code: number | null; readonly outOfMemory: boolean }): string {
  return outOfMemory ? 'it was killed for memory' : `it ended with exit code ${code}`;
}

function startCommand({ name }: ImageUnderTest, { facts }: Place): string {
  const limit = facts.limitBytes === null ? '' : ` --memory ${facts.limitBytes}B`;
  const isTagged = !/^(oci|oci-archive|docker-archive):/.test(name);
  return isTagged
    ? `docker run --rm --read-only${limit.replace(/B$/, '')} ${name.replace(/^docker:/, '')}`
    : `plimsoll verify ${name}${limit}`;
}
