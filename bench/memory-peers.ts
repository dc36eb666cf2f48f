import { argument } from './figures.ts';
import { measureMemory, type Truth } from './memory-truth.ts';
import { openZoo, shippedFor } from './memory-zoo.ts';

/**
 * What a model takes in both profiles against a plain script that sets no option, in one run: unreclaimable memory by the kernel's
 * count, and times as ratios. The largest shape of each model, which is the bound that its nodes are ordered for, as they are where it ships.
 *
 *     tsx bench/memory-peers.ts --zoo FOLDER --runtime FOLDER [--node BINARY] [--only bert_base,resnet50]
 */
const folder = argument('zoo') ?? '';
const runtimeFolder = argument('runtime') ?? '';
const node = argument('node') ?? process.execPath;
const only = argument('only')?.split(',') ?? ['bert_base', 'resnet50'];

for (const model of await openZoo(folder, runtimeFolder, only)) {
  const shapes = model.shapes.slice(-1);
  const plain = await measureMemory(model.original, { profile: 'default', runtimeFolder, shapes, node });
  tell(`${model.name} default`, plain, plain);
  for (const profile of ['lean', 'fast'] as const)
    tell(
      `${model.name} ${profile}`,
      await measureMemory(await shippedFor(profile, model), { profile, runtimeFolder, shapes, node }),
      plain,
    );
}

function tell(name: string, truth: Truth, plain: Truth): void {
  const peak = (of: Truth) => Math.max(of.createPeakBytes, ...of.runPeakBytes);
  console.log(
    name.padEnd(20),
    `create ${mib(truth.createPeakBytes)} peak ${mib(peak(truth))} MiB, ${(peak(plain) / peak(truth)).toFixed(1)} x less;`,
    `run ${(truth.runMs[0] ?? 0).toFixed(0)} ms, ${((truth.runMs[0] ?? 0) / (plain.runMs[0] ?? 1)).toFixed(2)} x`,
  );
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
