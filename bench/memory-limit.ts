import { readModel } from '../src/onnx/read-model.ts';
import { planMemory } from '../src/validate/memory/plan-memory.ts';
import type { Profile } from '../src/validate/runtime/session-options.ts';
import { argument, median } from './figures.ts';
import { type ContainerTruth, measureContainer } from './memory-container.ts';
import { openZoo, type ZooModel } from './memory-zoo.ts';

/**
 * Whether the recommended limit is one to live with, and whether less would not be: requests at the largest shape in a container
 * without a limit, at the recommended one with checks of its health every second, and at 0.8 of what is planned to be unreclaimable.
 * Works on either version of cgroups. Kills and stalls show on any machine; times want a quiet one. Prints a table, row by row.
 *
 *     tsx bench/memory-limit.ts --zoo FOLDER --runtime FOLDER [--image NAME] [--profile lean,fast] [--runs 200] [--only NAME,NAME]
 */
const folder = argument('zoo') ?? '';
const image = argument('image') ?? 'ticket-classifier:latest';
const profiles = (argument('profile')?.split(',') ?? ['lean', 'fast']) as Profile[];
const runs = Number(argument('runs') ?? 200);
const only = argument('only')?.split(',') ?? [];
/** A server that answers this much more slowly stands still for whoever waits. */
const PATIENCE = 20;
const SLOWEST_FITTED = 1.15;
const FASTEST_STARVED = 2;

const HEAD = [
  'model',
  'profile',
  'unlimited',
  'recommended',
  'at the recommended',
  'unreclaimable',
  'at 0.8 of that',
  'kept',
];
console.log(row(HEAD));
console.log(row(HEAD.map(() => '---')));
const kept: boolean[] = [];
for (const model of await openZoo(folder, argument('runtime') ?? '', only)) {
  for (const profile of profiles) await tryLimits(model, profile);
}
console.log(`\n${kept.filter(Boolean).length} of ${kept.length} as they should be`);

async function tryLimits(model: ZooModel, profile: Profile): Promise<void> {
  const bounds = new Map(Object.entries(model.shapes.at(-1) ?? {}));
  const plan = planMemory({ model: readModel(model.prepared), profile, bounds, transport: 'binary' });
  if (plan.state === 'unknown') return console.log(row([model.name, profile, 'unknown', '', '', '', '', '']));
  const facts = { image, profile, shapes: model.shapes, scratch: folder, travel: 'binary', onlyRuns: true } as const;
  const free = await measureContainer(model.prepared, { ...facts, limitBytes: 8 * 2 ** 30, runs: Math.min(runs, 50) });
  const base = median(free.runMs);
  const patienceMs = Math.max(2000, PATIENCE * base);
  const fitted = await measureContainer(model.prepared, {
    ...facts,
    limitBytes: plan.recommendedLimitBytes,
    runs,
    healthChecks: true,
    patienceMs,
  });
  const starvedBytes = Math.floor(0.8 * plan.unreclaimableBytes);
  const starved = await measureContainer(model.prepared, { ...facts, limitBytes: starvedBytes, runs: 5, patienceMs });
  const isFitted =
    fitted.outcome === 'answered' && fitted.runMs.length >= runs && slowness(fitted, base) <= SLOWEST_FITTED;
  const isStarved = starved.outcome !== 'answered' || slowness(starved, base) > FASTEST_STARVED;
  kept.push(isFitted && isStarved);
  console.log(
    row([
      model.name,
      profile,
      `${base.toFixed(1)} ms`,
      mib(plan.recommendedLimitBytes),
      `${fitted.runMs.length} runs, ${tell(fitted, base)}`,
      mib(plan.unreclaimableBytes),
      tell(starved, base),
      isFitted && isStarved
        ? 'yes'
        : [isFitted ? '' : 'too tight', isStarved ? '' : 'too wide'].filter(Boolean).join(', '),
    ]),
  );
}

function slowness({ runMs }: ContainerTruth, base: number): number {
  return median(runMs) / base;
}

function tell(truth: ContainerTruth, base: number): string {
  return truth.outcome === 'answered' ? `${slowness(truth, base).toFixed(2)} x the time` : truth.outcome;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
