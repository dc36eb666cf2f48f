import { readModel } from '../src/onnx/read-model.ts';
import { planMemory } from '../src/validate/memory/plan-memory.ts';
import type { Profile } from '../src/validate/runtime/session-options.ts';
import { argument, median } from './figures.ts';
import { type ContainerTruth, measureContainer } from './memory-container.ts';
import { openZoo, type ZooModel } from './memory-zoo.ts';

/**
 * Whether the recommended limit is one to live with, and whether less would not be: requests at the largest shape in a container
 * without a limit, at the recommended one with checks of its health every second, and at 0.8 of what is planned to be unreclaimable.
 *
 *     tsx bench/memory-limit.ts --zoo FOLDER --runtime FOLDER [--image NAME] [--profile lean] [--runs 200] [--only NAME,NAME]
 */
const folder = argument('zoo') ?? '';
const image = argument('image') ?? 'ticket-classifier:latest';
const profile = (argument('profile') ?? 'lean') as Profile;
const runs = Number(argument('runs') ?? 200);
const only = argument('only')?.split(',') ?? [];
/** A server that answers this much more slowly stands still for whoever waits. */
const PATIENCE = 20;

for (const model of await openZoo(folder, argument('runtime') ?? '', only)) await tryLimits(model);

async function tryLimits(model: ZooModel): Promise<void> {
  const shape = model.shapes.at(-1) ?? {};
  const bounds = new Map(Object.entries(shape));
  const plan = planMemory({ model: readModel(model.prepared), profile, bounds, transport: 'binary' });
  if (plan.state === 'unknown') return console.log(model.name, 'unknown');
  const facts = { image, profile, shapes: model.shapes, scratch: folder, travel: 'binary' } as const;
  const free = await measureContainer(model.prepared, { ...facts, limitBytes: 8 * 2 ** 30, runs: Math.min(runs, 20) });
  const base = median(free.runMs);
  const patienceMs = Math.max(2000, PATIENCE * base);
  const fitted = await measureContainer(model.prepared, {
    ...facts,
    limitBytes: plan.recommendedLimitBytes,
    runs,
    healthChecks: true,
    patienceMs,
  });
  const starved = await measureContainer(model.prepared, {
    ...facts,
    limitBytes: Math.floor(0.8 * plan.unreclaimableBytes),
    runs: 5,
    patienceMs,
  });
  console.log(
    `${model.name} ${profile}`.padEnd(24),
    `unlimited ${base.toFixed(1)} ms;`,
    `at ${mib(plan.recommendedLimitBytes)}: ${tell(fitted, base)} over ${fitted.runMs.length} runs;`,
    `at ${mib(0.8 * plan.unreclaimableBytes)} (0.8 of ${mib(plan.unreclaimableBytes)}): ${tell(starved, base)}`,
  );
}

function tell({ outcome, runMs }: ContainerTruth, base: number): string {
  return outcome === 'answered' ? `${(median(runMs) / base).toFixed(2)} x the time` : outcome;
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
