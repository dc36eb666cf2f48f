import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readModel } from '../src/onnx/read-model.ts';
import type { Calibration } from '../src/validate/memory/calibration.ts';
import { treeBytesOf } from '../src/validate/memory/held-weights.ts';
import { countNodes } from '../src/validate/memory/packed-weights.ts';
import { measureMemory, type Truth } from './memory-truth.ts';
import { openZoo, type ZooModel } from './memory-zoo.ts';

/**
 * Finds what one combination of Node, onnxruntime and libc takes by itself, and writes it to the plan's calibration. What is not
 * measured here (the server's own part, further workers, margins) is left as it stands in that file.
 *
 *     tsx bench/calibrate.ts ZOO_FOLDER RUNTIME_FOLDER [NODE] [--write]
 */
const FILE = fileURLToPath(new URL('../src/validate/memory/calibration.json', import.meta.url));

/** The middle of this many processes: the kernel charges memory in batches, so single ones differ by half a megabyte. */
const REPETITIONS = 5;

const [, , folder = '', runtimeFolder = '', ...rest] = process.argv;
const node = rest.find((argument) => !argument.startsWith('--')) ?? process.execPath;
const zoo = new Map(
  (await openZoo(folder, runtimeFolder, ['linear', 'minilm', 'trees_100k'])).map((model) => [model.name, model]),
);

const linear = await measured('linear');
const minilm = await measured('minilm');
const trees = await measured('trees_100k');
const nodeBytes = Math.max(0, (minilm.createdBytes - linear.createdBytes) / nodesOf('minilm'));
const idleBytes = linear.createdBytes - nodeBytes * nodesOf('linear');
const treeBytes = readModel(modelOf('trees_100k').prepared).graph.nodes.reduce(
  (sum, tree) => sum + treeBytesOf(tree),
  0,
);
const before = JSON.parse(readFileSync(FILE, 'utf8')) as Calibration;
const calibration: Calibration = {
  ...before,
  combination: { ...before.combination, node: linear.node, onnxruntime: runtimeVersion() },
  idleBytes: Math.round(idleBytes),
  nodeBytes: Math.round(nodeBytes),
  javascriptBytes: Math.max(0, Math.round(linear.runPeakBytes - linear.createdBytes)),
  textBytes: Math.round(linear.mappedBytes),
  treeSteadyFactor: round((trees.createdBytes - idleBytes) / treeBytes),
  treeCreateFactor: round((trees.createPeakBytes - idleBytes) / treeBytes),
};
console.log(JSON.stringify(calibration, null, 2));
if (rest.includes('--write')) writeFileSync(FILE, `${JSON.stringify(calibration, null, 2)}\n`);

interface Medians extends Record<'createdBytes' | 'createPeakBytes' | 'mappedBytes' | 'runPeakBytes', number> {
  readonly node: string;
}

/** At the smallest shape. */
async function measured(name: string): Promise<Medians> {
  const { prepared, shapes } = modelOf(name);
  const truths: Truth[] = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition++)
    truths.push(await measureMemory(prepared, { profile: 'lean', runtimeFolder, shapes: shapes.slice(0, 1), node }));
  return {
    node: truths[0]?.node ?? '',
    createdBytes: median(truths.map(({ createdBytes }) => createdBytes)),
    createPeakBytes: median(truths.map(({ createPeakBytes }) => createPeakBytes)),
    mappedBytes: median(truths.map(({ mappedBytes }) => mappedBytes)),
    // What V8 does in its first runs is seen in some processes only: the most counts.
    runPeakBytes: Math.max(...truths.map(({ runPeakBytes }) => runPeakBytes[0] ?? 0)),
  };
}

function modelOf(name: string): ZooModel {
  const model = zoo.get(name);
  if (!model) throw new Error(`the zoo has no ${name}`);
  return model;
}

function nodesOf(name: string): number {
  return countNodes(readModel(modelOf(name).prepared).graph);
}

function runtimeVersion(): string {
  const manifest = join(runtimeFolder, 'node_modules', 'onnxruntime-node', 'package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
