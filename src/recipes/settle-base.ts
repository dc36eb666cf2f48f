import { resolveBase } from '../container/sources/debian.ts';
import type { Lock } from '../nouns/lock.ts';
import type { Project } from '../project/read-project.ts';
import type { Demand } from './demand.ts';
import { settleBaseImage } from './settle-base-image.ts';
import type { Workbench } from './workbench.ts';

export interface BaseQuestion {
  readonly project: Project;
  readonly demand: Pick<Demand, 'base' | 'suite' | 'platforms' | 'locales' | 'encoder'>;
  readonly lock: Pick<Lock, 'base'> | undefined;
}

/** What the image is built on: what is locked where that still serves, the newest for what is missing. */
export async function settleBase(question: BaseQuestion, bench: Workbench): Promise<Lock['base']> {
  return question.demand.base === 'debian' ? settlePackages(question, bench) : settleBaseImage(question, bench);
}

async function settlePackages({ project, demand, lock }: BaseQuestion, bench: Workbench): Promise<Lock['base']> {
  const { suite, platforms } = demand;
  const locales = [...demand.locales];
  const base = lock?.base.distribution === 'debian' ? lock.base : undefined;
  const kept = base?.suite === suite && base.locales.join() === locales.join() ? base.packages : {};
  const missing = platforms.filter((platform) => kept[platform] === undefined);
  if (missing.length === 0) return { distribution: 'debian', suite, locales, packages: kept };
  const mirrors = await bench.mirrors(project.config.sources.debian);
  const keys = bench.archiveKeys && { keys: bench.archiveKeys };
  const now = bench.machine.now();
  const found = await resolveBase({ platforms: missing, locales, mirrors, now, ...keys }, bench);
  return { distribution: 'debian', suite, locales, packages: { ...kept, ...found } };
}
