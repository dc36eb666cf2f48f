import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_RUNTIME } from '../src/nouns/config.ts';
import { readModel } from '../src/onnx/read-model.ts';
import type { Calibration, CalibrationMeasurements, CalibrationPoint } from '../src/validate/memory/calibration.ts';
import { deriveCalibration } from '../src/validate/memory/derive-calibration.ts';
import { listWeightsOf } from '../src/validate/memory/list-weights.ts';
import { CHAIN_NODES, writeCalibrationModel } from './calibration-models.ts';
import { argument } from './figures.ts';
import { type ContainerTruth, measureContainer, measureStanding } from './memory-container.ts';
import { processorHere } from './processor-here.ts';

/**
 * Finds what one combination of Node, onnxruntime, libc and processor takes by itself, in containers of the image that ships,
 * and writes it beside the plan, with the measurements that it was derived from. Takes some minutes.
 *
 *     npm run build && tsx bench/calibrate.ts [--image ticket-classifier:latest] [--write no]
 */
const FILE = fileURLToPath(new URL('../src/validate/memory/calibration.json', import.meta.url));
const image = argument('image') ?? 'ticket-classifier:latest';
const folder = mkdtempSync(join(tmpdir(), 'plimsoll-calibration-'));

/** Elements of 4 bytes. JSON is five times as long, and a body that large is refused unless it is asked for. */
const COUNTS = { binary: [10_000, 100_000, 400_000, 1_600_000, 5_000_000], json: [10_000, 60_000, 250_000, 1_000_000] };
const REPETITIONS = 5;
/** At each size: a middle, and how far they lie apart. */
const TRAVEL_REPETITIONS = 3;
const paths = new Map<string, string>();
/**
 * Single processes lay up to 2.5 MiB above the estimate, over the zoo of bench/make-zoo.py: V8 compiles when it chances to, and the heap
 * keeps what it compiled in. A hundredth is what blocks are rounded up by, page tables, and pieces of the heap that stay.
 */
const MARGIN = { marginFactor: 0.01, marginBytes: 3 * 2 ** 20 };

try {
  const before = JSON.parse(readFileSync(FILE, 'utf8')) as Calibration;
  const measured = await measureAll();
  const processor = processorHere().name;
  const combination = {
    node: DEFAULT_RUNTIME.node,
    onnxruntime: DEFAULT_RUNTIME.onnxruntime,
    libc: 'glibc',
    processor,
  };
  const calibration = deriveCalibration({ combination, threads: before.threads, ...MARGIN }, measured);
  const { measured: _, ...figures } = calibration;
  console.log(JSON.stringify(figures, null, 2));
  if (argument('write') !== 'no') writeFileSync(FILE, `${JSON.stringify(calibration, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true });
}

async function measureAll(): Promise<CalibrationMeasurements> {
  const inline = await repeated('sink-inline');
  const worker = await repeated('sink-worker');
  const chain = await repeated('chain');
  const trees = await repeated('trees');
  const travels: CalibrationMeasurements['travels'][number][] = [];
  for (const seat of ['inline', 'worker'] as const)
    for (const travel of ['binary', 'json'] as const)
      for (const direction of ['request', 'answer'] as const)
        for (const count of COUNTS[travel])
          for (let repetition = 0; repetition < TRAVEL_REPETITIONS; repetition++) {
            const name = `${direction === 'request' ? 'sink' : 'source'}-${seat}`;
            const { runPeakBytes } = await measure(name, { count, travel });
            travels.push({ seat, travel, direction, tensorBytes: 4 * count, runPeakBytes });
            console.error(seat, travel, direction, 4 * count, runPeakBytes);
          }
  const lists = readModel(pathOf('trees')).graph.nodes.map(listWeightsOf);
  const treeNodes = lists.reduce((sum, list) => sum + list.treeNodes, 0);
  const treeMakingBytes = lists.reduce((sum, list) => sum + list.makingBytes, 0);
  const treeListBytes = lists.reduce((sum, { bytes }) => sum + bytes, 0);
  const standing = await measureStanding(pathOf('sink-inline'), options({ count: 1, travel: 'binary' }));
  return {
    inline,
    worker,
    chain,
    chainNodes: CHAIN_NODES,
    trees,
    treeNodes,
    treeMakingBytes,
    treeListBytes,
    ...standing,
    travels,
  };
}

async function repeated(name: string): Promise<readonly CalibrationPoint[]> {
  const points: CalibrationPoint[] = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const { readyBytes, createPeakBytes, runPeakBytes } = await measure(name, { count: 1, travel: 'binary' });
    points.push({ readyBytes, createPeakBytes, runPeakBytes });
    console.error(name, readyBytes, createPeakBytes, runPeakBytes);
  }
  return points;
}

interface Sent {
  readonly count: number;
  readonly travel: 'json' | 'binary';
}

async function measure(name: string, sent: Sent): Promise<ContainerTruth> {
  const truth = await measureContainer(pathOf(name), options(sent));
  if (truth.outcome !== 'answered') throw new Error(`${name}: ${truth.outcome}`);
  return truth;
}

function options({ count, travel }: Sent) {
  const shapes = [{ batch: 1 }, { batch: count }];
  return {
    image,
    profile: 'lean',
    limitBytes: 4 * 2 ** 30,
    travel,
    shapes,
    scratch: folder,
    scalar: count,
    elementsFirst: true,
  } as const;
}

function pathOf(name: string): string {
  const path = paths.get(name) ?? writeCalibrationModel(name, folder);
  paths.set(name, path);
  return path;
}
