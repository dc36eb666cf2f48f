import type { Plan } from '../../schemas/plan.ts';
import { composeImage, composeIndex, type Index } from '../container/image/compose.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Lock } from '../nouns/lock.ts';
import type { Platform } from '../nouns/platform.ts';
import { imageConfig, type LabelFacts, labelsOf, lockLabel } from './image-config.ts';
import { wholeDigest } from './measure-model.ts';
import type { PackedLayers } from './pack-layers.ts';
import type { Workbench } from './workbench.ts';

export interface IndexFacts {
  readonly lock: Lock;
  readonly plan: Plan;
  readonly layers: PackedLayers;
  readonly platforms: readonly Platform[];
  /** Seconds since 1970. */
  readonly time: number;
}

/** An image for each platform from its layers, and the index over them. The same lock and time give the same bytes anywhere. */
export function assembleIndex({ lock, plan, layers, platforms, time }: IndexFacts): Index {
  const facts = labelFacts({ lock, plan, time });
  const images = platforms.map((platform) =>
    composeImage({
      platform,
      layers: layers.get(platform) ?? [],
      config: imageConfig(facts, { more: lockLabel(lock), base: lock.base, platform }),
      created: time,
    }),
  );
  return composeIndex(images, { annotations: labelsOf(facts) });
}

function labelFacts({ lock, plan, time }: Pick<IndexFacts, 'lock' | 'plan' | 'time'>): LabelFacts {
  return {
    name: plan.name,
    toolVersion: lock.server.version,
    modelDigest: wholeDigest(lock.model),
    lockDigest: lock.seal,
    form: lock.prepared.form,
    memoryBytes: plan.memoryBytes,
    memory: plan.memory,
    created: time,
  };
}

/** The time of every file of the image, as reproducible builds agree on it: `SOURCE_DATE_EPOCH` in seconds, else the epoch. */
export function sourceDate(env: Workbench['machine']['env']): number {
  const text = env.SOURCE_DATE_EPOCH;
  if (text === undefined || text === '') return 0;
  // A tar header holds eleven octal digits of seconds.
  if (/^\d+$/.test(text) && Number(text) < 8 ** 11) return Number(text);
  throw new Failure(`SOURCE_DATE_EPOCH is "${text}"; wanted whole seconds since 1970`, {
    code: 'usage/source-date',
    exit: EXIT.usage,
    mend: 'Set it to a number, for instance $(git log -1 --format=%ct), or unset it.',
  });
}
