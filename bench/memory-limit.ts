import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Config } from '../src/nouns/config.ts';
import { readModel } from '../src/onnx/read-model.ts';
import { planOptions } from '../src/recipes/settle-profile.ts';
import { withServingLimit } from '../src/recipes/with-serving-limit.ts';
import { memoryFacts } from '../src/validate/memory/memory-facts.ts';
import { type PlanOptions, planMemory } from '../src/validate/memory/plan-memory.ts';
import { MODEL_FILE } from '../src/validate/runtime/prepare-model.ts';
import type { Profile } from '../src/validate/runtime/session-options.ts';
import { argument, median } from './figures.ts';
import { type ContainerTruth, measureContainer } from './memory-container.ts';
import { openZoo, shippedFor, type ZooModel } from './memory-zoo.ts';

/**
 * Whether the recommended limit is one to live with, and whether less would not be: requests at the largest shape in a container
 * without a limit, at the recommended one with checks of its health every second, and at 0.8 of what is planned to be unreclaimable.
 * Works on either version of cgroups. Kills and stalls show on any machine; times want a quiet one. Prints a table, row by row, and
 * keeps each row beside the zoo: a run that was interrupted goes on where it ended, and rows whose limits have changed are made anew.
 *
 *     tsx bench/memory-limit.ts --zoo FOLDER --runtime FOLDER [--image NAME] [--profile lean,fast] [--runs 200] [--only NAME,NAME] [--anew yes]
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
  for (const profile of profiles) {
    const tried = await keptOrTried(model, profile);
    if (tried.isKept !== null) kept.push(tried.isKept);
    console.log(row(tried.cells));
  }
}
console.log(`\n${kept.filter(Boolean).length} of ${kept.length} as they should be`);

interface Tried {
  readonly cells: readonly string[];
  /** `null` where no limit could be tried. */
  readonly isKept: boolean | null;
}

interface Limits {
  readonly recommended: number;
  readonly starved: number;
}

async function keptOrTried(model: ZooModel, profile: Profile): Promise<Tried> {
  const bounds = new Map(Object.entries(model.shapes.at(-1) ?? {}));
  const shipped = await shippedFor(profile, model);
  const facts = { model: readModel(shipped), profile, bounds, firstRun: 'made-up' } as const;
  const plan = planMemory({ ...facts, transport: 'binary' });
  const recommended = recommendedFor(facts);
  if (plan.state === 'unknown' || recommended === null)
    return { cells: [model.name, profile, 'unknown', '', '', '', '', ''], isKept: null };
  const limits = { recommended, starved: Math.floor(0.8 * plan.unreclaimableBytes) };
  const file = join(folder, 'limits', `${model.name}.${profile}.json`);
  const stamp = JSON.stringify({ ...limits, runs });
  const before = existsSync(file) && argument('anew') !== 'yes' ? JSON.parse(readFileSync(file, 'utf8')) : null;
  if (before?.stamp === stamp) return before.tried as Tried;
  const tried = await tryLimits({ ...model, shipped }, profile, limits).catch((error: unknown): Tried => {
    const why = error instanceof Error ? error.message.slice(0, 120) : String(error);
    return { cells: [model.name, profile, why, '', '', '', '', ''], isKept: null };
  });
  if (tried.isKept !== null) {
    mkdirSync(join(folder, 'limits'), { recursive: true });
    writeFileSync(file, JSON.stringify({ stamp, tried }));
  }
  return tried;
}

/** As `package` recommends it where the configuration says no more than the bounds. */
function recommendedFor({ model, profile, bounds }: Pick<PlanOptions, 'model' | 'profile' | 'bounds'>): number | null {
  const config = Config.parse({ model: MODEL_FILE, bounds: Object.fromEntries(bounds) });
  const options = { ...planOptions(config, model), profile };
  return withServingLimit(memoryFacts(options), options).recommendedLimitBytes;
}

async function tryLimits(
  model: ZooModel & { readonly shipped: string },
  profile: Profile,
  { recommended, starved }: Limits,
): Promise<Tried> {
  const facts = { image, profile, shapes: model.shapes, scratch: folder, travel: 'binary', onlyRuns: true } as const;
  const free = await measureContainer(model.shipped, { ...facts, limitBytes: 8 * 2 ** 30, runs: Math.min(runs, 50) });
  const base = median(free.runMs);
  const patienceMs = Math.max(2000, PATIENCE * base);
  const under = { ...facts, patienceMs };
  const fitting = await measureContainer(model.shipped, {
    ...under,
    limitBytes: recommended,
    runs,
    healthChecks: true,
    // Without it the server keeps half of the room for requests, which may refuse the largest.
    isPlanned: true,
  });
  const starving = await measureContainer(model.shipped, { ...under, limitBytes: starved, runs: 5 });
  const isFitted =
    fitting.outcome === 'answered' && fitting.runMs.length >= runs && slowness(fitting, base) <= SLOWEST_FITTED;
  const isStarved = starving.outcome !== 'answered' || slowness(starving, base) > FASTEST_STARVED;
  const verdict = [isFitted ? '' : 'too tight', isStarved ? '' : 'too wide'].filter(Boolean).join(', ') || 'yes';
  const cells = [
    ...[model.name, profile, `${base.toFixed(1)} ms`, mib(recommended)],
    ...[`${fitting.runMs.length} runs, ${tell(fitting, base)}`, mib(starved / 0.8), tell(starving, base), verdict],
  ];
  return { cells, isKept: isFitted && isStarved };
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
