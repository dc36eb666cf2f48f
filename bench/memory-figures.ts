import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readModel } from '../src/onnx/read-model.ts';
import { type PlanOptions, planMemory } from '../src/validate/memory/plan-memory.ts';
import type { Profile } from '../src/validate/runtime/session-options.ts';
import { argument } from './figures.ts';
import { type ContainerTruth, measureContainer } from './memory-container.ts';
import type { Travel } from './memory-request.ts';
import type { Sizes } from './memory-truth.ts';
import { openZoo, shippedFor } from './memory-zoo.ts';
import { processorHere } from './processor-here.ts';

/**
 * Holds the memory plan against containers: every model of a zoo, both profiles, three shapes each, in the form and the image that
 * ship. Estimates are those for this machine's processor, bounds those for all that are covered, as they ship. What was measured is kept
 * beside the zoo for as long as that form stays the same, so that a changed plan is held against it at once.
 *
 *     tsx bench/memory-figures.ts --zoo FOLDER --runtime FOLDER [--image NAME] [--travel binary|json] [--only NAME,NAME] [--measure no] [--sizes all|largest]
 */
const folder = argument('zoo') ?? '';
const runtimeFolder = argument('runtime') ?? '';
const image = argument('image') ?? 'ticket-classifier:latest';
const travel = (argument('travel') ?? 'binary') as Travel;
const only = argument('only')?.split(',') ?? [];
const mayMeasure = argument('measure') !== 'no';
const places = argument('sizes') === 'largest' ? [-1] : [-1, 0, 1];
const MIB = 2 ** 20;
const HERE = processorHere();

/** Never looked at while rules and constants were settled. */
const HELD_OUT: ReadonlySet<string> = new Set(
  existsSync(join(folder, 'held-out.json')) ? JSON.parse(readFileSync(join(folder, 'held-out.json'), 'utf8')) : [],
);

interface Row {
  readonly name: string;
  readonly profile: Profile;
  readonly isHeldOut: boolean;
  readonly measured: number;
  readonly predicted: number;
  readonly upper: number;
}

/** A model in the form that ships for a profile. */
interface Shipped {
  readonly name: string;
  readonly profile: Profile;
  readonly path: string;
  /** From the smallest to the largest. */
  readonly shapes: readonly Sizes[];
}

const rows: Row[] = [];
const all: Shipped[] = [];
for (const model of await openZoo(folder, runtimeFolder, only))
  for (const profile of ['lean', 'fast'] as const)
    all.push({ name: model.name, profile, path: await shippedFor(profile, model), shapes: model.shapes });
// The largest first: they say most, should time run out.
for (const place of places)
  for (const shipped of all) {
    const shape = shipped.shapes.at(place);
    if (shape) await hold(shipped, shape).catch((error) => tell(shipped, error));
  }
for (const isHeldOut of [false, true])
  for (const profile of ['lean', 'fast'] as const)
    summarise(
      rows.filter((row) => row.isHeldOut === isHeldOut && row.profile === profile),
      `${isHeldOut ? 'held out' : 'in sample'}, ${profile}`,
    );
summarise(rows, 'all');

async function hold(shipped: Shipped, shape: Sizes): Promise<void> {
  const truth = await truthOf(shipped, shape);
  if (truth === null) return;
  const { name, profile, path } = shipped;
  const label = `${name} ${Object.values(shape).join(',')} ${profile}`.padEnd(38);
  const options: PlanOptions = {
    model: readModel(path),
    profile,
    bounds: new Map(Object.entries(shape)),
    transport: travel,
    firstRun: 'made-up',
    seat: truth.workers > 0 ? 'worker' : 'inline',
  };
  const plan = planMemory({ ...options, processor: HERE });
  const covering = planMemory(options);
  if (truth.outcome !== 'answered') return console.log(label, truth.outcome);
  const measured = Math.max(truth.createPeakBytes, truth.runPeakBytes);
  if (plan.state === 'unknown')
    return console.log(label, mib(measured), 'unknown', [...plan.undeclared.operators.keys()]);
  if (covering.state === 'unknown') return console.log(label, mib(measured), 'unknown on another processor');
  const { unreclaimableBytes: predicted } = plan;
  const { upperBoundBytes: upper } = covering;
  rows.push({ name, profile, isHeldOut: HELD_OUT.has(name), measured, predicted, upper });
  console.log(
    label,
    `${plan.breakdown.workers > 0 ? 'W' : 'I'} create ${mib(truth.createPeakBytes)}/${mib(plan.createPeakBytes)} run ${mib(truth.runPeakBytes)}/${mib(plan.runPeakBytes)}`,
    `${truth.workers > 0 ? 'worker' : 'inline'} error ${percent(predicted / measured - 1)} (${mib(predicted - measured)}) bound ${percent(upper / measured - 1)}`,
  );
}

async function truthOf({ name, profile, path, shapes }: Shipped, shape: Sizes): Promise<ContainerTruth | null> {
  const room = join(folder, `containers-${travel}`);
  mkdirSync(room, { recursive: true });
  const file = join(room, `${name}.${profile}.${Object.values(shape).join('-')}.json`);
  const stamp = createHash('sha256').update(readFileSync(path)).digest('hex');
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Kept) : null;
  if (kept?.stamp === stamp) return kept.truth;
  if (!mayMeasure) return null;
  const facts = {
    image,
    profile,
    travel,
    shapes: [shapes[0] ?? shape, shape],
    shape,
    scratch: folder,
    onlyLargerPeak: true,
  };
  const truth = await measureContainer(path, { ...facts, limitBytes: 8 * 2 ** 30 });
  writeFileSync(file, JSON.stringify({ stamp, truth } satisfies Kept));
  return truth;
}

interface Kept {
  readonly stamp: string;
  readonly truth: ContainerTruth;
}

function tell({ name, profile }: Shipped, error: unknown): void {
  console.log(`${name} ${profile}: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}`);
}

function summarise(some: readonly Row[], title: string): void {
  if (some.length === 0) return;
  const errors = some.map(({ measured, predicted }) => Math.abs(predicted / measured - 1));
  const over = some.map(({ measured, upper }) => upper / measured - 1);
  const large = some.filter(({ measured }) => measured >= 100 * MIB).map(({ measured, upper }) => upper / measured - 1);
  const beyond = some.filter(
    ({ measured, predicted }) => Math.abs(predicted - measured) > Math.max(0.08 * measured, 6 * MIB),
  );
  console.log(
    `${title}: ${new Set(some.map(({ name }) => name)).size} models, ${some.length} rows; error median ${percent(quantile(errors, 0.5))}, p90 ${percent(quantile(errors, 0.9))}, worst ${percent(Math.max(...errors))}, beyond 8 % and 6 MiB: ${beyond.length}; bound under ${over.filter((share) => share < 0).length} times, over by median ${percent(quantile(over, 0.5))}, p90 ${percent(quantile(over, 0.9))}, least ${percent(Math.min(...over))}; from 100 MiB median ${percent(quantile(large, 0.5))}`,
  );
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
