import { argument, median, spread } from './figures.ts';
import { measureMemory, type Truth } from './memory-truth.ts';
import { openZoo, shippedFor } from './memory-zoo.ts';

/**
 * What a model takes in both profiles against a plain script that sets no option: unreclaimable memory by the kernel's count, the
 * most of all rounds, and times as ratios within a round. The three take turns, because a run on all processors waits for the slowest
 * of them: beside other work, a single measurement can be off by half. The largest shape of each model, which is the bound that its
 * nodes are ordered for, as they are where it ships.
 *
 *     tsx bench/memory-peers.ts --zoo FOLDER --runtime FOLDER [--node BINARY] [--only bert_base,resnet50] [--rounds 5]
 */
const folder = argument('zoo') ?? '';
const runtimeFolder = argument('runtime') ?? '';
const node = argument('node') ?? process.execPath;
const only = argument('only')?.split(',') ?? ['bert_base', 'resnet50'];
const rounds = Number(argument('rounds') ?? 5);
const WAYS = ['default', 'lean', 'fast'] as const;

for (const model of await openZoo(folder, runtimeFolder, only)) {
  const options = { runtimeFolder, shapes: model.shapes.slice(-1), node };
  const truths: Readonly<Record<(typeof WAYS)[number], Truth[]>> = { default: [], lean: [], fast: [] };
  for (let round = 0; round < rounds; round++)
    for (const way of WAYS) {
      const path = way === 'default' ? model.original : await shippedFor(way, model);
      truths[way].push(await measureMemory(path, { ...options, profile: way }));
    }
  for (const way of WAYS) tell(`${model.name} ${way}`, truths[way], truths.default);
}

function tell(name: string, truths: readonly Truth[], plain: readonly Truth[]): void {
  const peak = (of: readonly Truth[]) =>
    Math.max(...of.map(({ createPeakBytes, runPeakBytes }) => Math.max(createPeakBytes, ...runPeakBytes)));
  const times = truths.map(({ runMs }) => runMs[0] ?? Number.NaN);
  const ratios = times.map((time, round) => time / (plain[round]?.runMs[0] ?? Number.NaN));
  console.log(
    name.padEnd(20),
    `create ${mib(Math.max(...truths.map(({ createPeakBytes }) => createPeakBytes)))}`,
    `peak ${mib(peak(truths))} MiB, ${(peak(plain) / peak(truths)).toFixed(1)} x less;`,
    `run ${median(times).toFixed(0)} ms, ${median(ratios).toFixed(2)} x (${spread(ratios)})`,
  );
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
