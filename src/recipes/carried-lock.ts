import * as z from 'zod';
import type { HeldImage, HeldIndex } from '../container/held/held-index.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Lock } from '../nouns/lock.ts';
import { ALL_PLATFORMS, type Platform } from '../nouns/platform.ts';
import { ASSEMBLER, whyNotAssembled } from '../nouns/tool.ts';
import { parseLock } from '../project/lock-file.ts';
import { LOCK_LABEL } from './image-config.ts';

const Config = z.looseObject({
  created: z.string(),
  config: z.looseObject({ Labels: z.record(z.string(), z.string()) }),
});

/** What an image says of how it came to be. */
export interface CarriedLock {
  readonly lock: Lock;
  /** Those of the image, which may be fewer than the lock's. */
  readonly platforms: readonly Platform[];
  /** Seconds since 1970. */
  readonly time: number;
}

/** The lock that an image carries, for assembling by it. Throws what `readCarriedLock` throws, and `lock/assembler` where this release cannot. */
export function carriedLock(image: HeldIndex): CarriedLock {
  const carried = readCarriedLock(image);
  if (carried.lock.assembler !== ASSEMBLER) throw otherAssembler(carried.lock, image.name);
  return carried;
}

/** The same for looking at it. Throws `image/no-lock` for an image of another maker, `image/two-locks` where its platforms disagree. */
export function readCarriedLock(image: HeldIndex): CarriedLock {
  const known = image.images.filter(({ platform }) => isPlatform(platform));
  const [first, ...others] = known.map((held) => readCarried(held, image.name));
  if (!first) throw noLock(image.name, 'it has no platform that this program builds');
  if (others.some(({ lock, time }) => lock.seal !== first.lock.seal || time !== first.time)) {
    throw new Failure(`the platforms of ${image.name} carry different locks or times`, {
      code: 'image/two-locks',
      exit: EXIT.notReproducible,
      mend: 'They were not built together; name one platform’s manifest by its digest.',
    });
  }
  return { ...first, platforms: known.map(({ platform }) => platform as Platform) };
}

function readCarried({ config }: HeldImage, name: string): { lock: Lock; time: number } {
  const parsed = Config.safeParse(config.json);
  const text = parsed.success ? parsed.data.config.Labels[LOCK_LABEL] : undefined;
  if (!parsed.success || text === undefined) throw noLock(name, `its configuration has no label ${LOCK_LABEL}`);
  const time = Date.parse(parsed.data.created) / 1000;
  if (!Number.isInteger(time) || time < 0)
    throw noLock(name, `it was created at ${JSON.stringify(parsed.data.created)}`);
  return { lock: parseLock(text, `the lock that ${name} carries`), time };
}

function isPlatform(platform: string): boolean {
  return (ALL_PLATFORMS as readonly string[]).includes(platform);
}

function noLock(name: string, why: string): Failure {
  return new Failure(`${name} carries no lock: ${why}`, {
    code: 'image/no-lock',
    exit: EXIT.usage,
    mend: 'Name an image that plimsoll package made.',
  });
}

function otherAssembler({ assembler, server }: Lock, name: string): Failure {
  return new Failure(`the lock that ${name} carries ${whyNotAssembled(assembler)}`, {
    code: 'lock/assembler',
    exit: EXIT.notReproducible,
    mend: `Run this with the release that made the image, ${server.version}.`,
  });
}
