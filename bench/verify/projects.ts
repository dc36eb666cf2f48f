import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomNumbers } from '../../src/nouns/random-numbers.ts';
import type { Node, Tensor } from '../../src/onnx/model.ts';
import { floats, node, saveModel, value } from '../../test/validate/runtime/build-model.ts';

/** A project whose truth is known: a linear model behind a scaler, cases of the right one, and rows that it was made for. */
export interface ProjectFacts {
  readonly kind: 'classes' | 'regression' | 'texts';
  readonly seed: number;
  /** What is wrong with the model; the cases are those of the right one, unless they follow it. */
  readonly model?: Partial<ModelFacts>;
  /** The cases are the wrong model’s own: then only the labelled rows tell. */
  readonly followsModel?: boolean;
  readonly labels?: 'shifted' | 'shuffled' | 'wrong in the south';
  /** What is demanded of metrics, as YAML. */
  readonly metrics?: string;
  readonly table?: 'csv' | 'npz';
  /** What the places of the scores are said to mean. */
  readonly classes?: readonly number[];
  readonly platforms?: readonly string[];
  /** A line of the configuration. */
  readonly budget?: string;
  /** `wide`: with thousands of values in its middle, which take memory for each row; `pair`: with a second output, which is the first one negated. */
  readonly shape?: 'wide' | 'pair';
  /** The project as it was when its image was made. */
  readonly before?: ProjectFacts;
}

interface ModelFacts {
  readonly mean: (mean: number[]) => number[];
  readonly deviation: (deviation: number[]) => number[];
  readonly weights: (weights: number[][]) => number[][];
  readonly bias: (bias: number[]) => number[];
  readonly last: 'Softmax' | 'LogSoftmax' | 'HalfSoftmax' | 'none';
}

export const SOUND: readonly string[] = Array.from({ length: 20 }, (_, at) =>
  at % 2 === 0 ? 'classes' : 'regression',
);

const WIDTH = 4;
const CLASSES = 3;
const ROWS = 600;

interface Truth {
  readonly mean: number[];
  readonly deviation: number[];
  readonly weights: number[][];
  readonly bias: number[];
}

/** Writes a project into a folder: model, cases, rows with labels, configuration. */
export async function writeProject(folder: string, facts: ProjectFacts): Promise<void> {
  if (facts.kind === 'texts') return writeTextProject(folder, facts);
  const random = randomNumbers(facts.seed);
  const truth = truthOf(random, facts);
  const shipped = wrongModel(truth, facts);
  await mkdir(join(folder, 'cases'), { recursive: true });
  writeModel(join(folder, 'model.onnx'), shipped, facts);
  const rows = Array.from({ length: ROWS }, () => rowOf(random, truth));
  const answering = facts.followsModel === true ? shipped : truth;
  await writeCases(join(folder, 'cases'), { rows, answering, facts });
  const labelled = rows.map((x) => ({
    x,
    region: random() < 0.5 ? 'north' : 'south',
    label: labelOf(x, { truth, facts, random }),
  }));
  await writeFile(join(folder, 'rows.csv'), tableOf(labelled, { facts, random }));
  await writeFile(join(folder, 'plimsoll.yaml'), configOf(facts));
}

function truthOf(random: () => number, { kind }: ProjectFacts): Truth {
  const outputs = kind === 'classes' ? CLASSES : 1;
  const some = (count: number, scale: number, shift = 0) =>
    Array.from({ length: count }, () => shift + scale * (2 * random() - 1));
  return {
    mean: some(WIDTH, 5),
    deviation: some(WIDTH, 0.5, 1.5),
    weights: Array.from({ length: WIDTH }, () => some(outputs, 2.5)),
    bias: some(outputs, 0.5),
  };
}

function wrongModel(truth: Truth, { model = {} }: ProjectFacts): Truth {
  return {
    mean: model.mean?.(truth.mean) ?? truth.mean,
    deviation: model.deviation?.(truth.deviation) ?? truth.deviation,
    weights: model.weights?.(truth.weights) ?? truth.weights,
    bias: model.bias?.(truth.bias) ?? truth.bias,
  };
}

function rowOf(random: () => number, { mean, deviation }: Truth): number[] {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return mean.map((center, at) => Math.fround(center + (deviation[at] ?? 1) * normal()));
}

function logitsOf(x: readonly number[], { mean, deviation, weights, bias }: Truth): number[] {
  const scaled = x.map((own, at) => (own - (mean[at] ?? 0)) / (deviation[at] ?? 1));
  return bias.map((own, output) => scaled.reduce((sum, part, at) => sum + part * (weights[at]?.[output] ?? 0), own));
}

function softmax(logits: readonly number[]): number[] {
  const most = Math.max(...logits);
  const parts = logits.map((logit) => Math.exp(logit - most));
  const all = parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part) => part / all);
}

/** A class drawn by its probability, so that the right model is calibrated; a value with noise. */
function labelOf(
  x: readonly number[],
  { truth, facts, random }: { readonly truth: Truth; readonly facts: ProjectFacts; readonly random: () => number },
): number {
  const logits = logitsOf(x, truth);
  if (facts.kind === 'regression') return (logits[0] ?? 0) + 0.4 * (random() - 0.5);
  const drawn = random();
  const shares = softmax(logits);
  const reached = shares.map((_, at) => shares.slice(0, at + 1).reduce((sum, share) => sum + share, 0));
  return Math.max(
    0,
    reached.findIndex((share) => drawn < share),
  );
}

function writeModel(
  path: string,
  { mean, deviation, weights, bias }: Truth,
  { kind, model = {}, shape }: ProjectFacts,
): void {
  const { last = kind === 'classes' ? 'Softmax' : 'none' } = model;
  const outputs = bias.length;
  const constant = (name: string, dims: readonly number[], values: readonly number[]): Tensor =>
    floats(name, dims, (at) => values[at] ?? 0);
  const wide = shape === 'wide' ? 8192 : 0;
  saveModel(path, {
    nodes: [
      node('Sub', ['x', 'mean'], ['centered']),
      node('Div', ['centered', 'deviation'], ['scaled']),
      ...(wide > 0
        ? [
            node('MatMul', ['scaled', 'widen'], ['wide']),
            node('Sin', ['wide'], ['waves']),
            node('MatMul', ['waves', 'narrow'], ['nothing']),
            node('Add', ['scaled', 'nothing'], ['fed']),
          ]
        : []),
      node('MatMul', [wide > 0 ? 'fed' : 'scaled', 'weights'], ['product']),
      node('Add', ['product', 'bias'], [last === 'none' ? 'y' : 'logits']),
      ...lastNodes(last),
      ...(shape === 'pair' ? [node('Neg', ['y'], ['z'])] : []),
    ],
    inputs: [value('x', 'float', ['batch', WIDTH])],
    outputs: ['y', ...(shape === 'pair' ? ['z'] : [])].map((name) => value(name, 'float', ['batch', outputs])),
    initializers: [
      constant('mean', [WIDTH], mean),
      constant('deviation', [WIDTH], deviation),
      constant('weights', [WIDTH, outputs], weights.flat()),
      constant('bias', [outputs], bias),
      ...(last === 'HalfSoftmax' ? [constant('scale', [1], [30_000])] : []),
      ...(wide > 0
        ? [constant('widen', [WIDTH, wide], Array(WIDTH * wide).fill(0.001)), constant('narrow', [wide, WIDTH], [])]
        : []),
    ],
  });
}

/** Logits of more than two overflow where they are scaled in half precision. */
function lastNodes(last: ModelFacts['last']): readonly Node[] {
  if (last === 'none') return [];
  if (last !== 'HalfSoftmax') return [node(last, ['logits'], ['y'])];
  const cast = (from: string, to: string, type: bigint): Node => ({
    ...node('Cast', [from], [to]),
    attributes: [{ name: 'to', reference: '', docString: '', unknown: [], value: { kind: 'int', value: type } }],
  });
  return [
    node('Mul', ['logits', 'scale'], ['scaled_logits']),
    cast('scaled_logits', 'half', 10n),
    cast('half', 'whole', 1n),
    node('Div', ['whole', 'scale'], ['rounded']),
    node('Softmax', ['rounded'], ['y']),
  ];
}

/** Rows by themselves, and together. */
async function writeCases(
  folder: string,
  {
    rows,
    answering,
    facts,
  }: { readonly rows: readonly number[][]; readonly answering: Truth; readonly facts: ProjectFacts },
): Promise<void> {
  const groups = [...rows.slice(0, 16).map((row) => [row]), rows.slice(16, 21), rows.slice(21, 32)];
  for (const [at, group] of groups.entries()) {
    const answers = group
      .map((x) => logitsOf(x, answering))
      .map((logits) => (facts.kind === 'classes' ? softmax(logits) : logits));
    const name = `case-${String(at).padStart(2, '0')}`;
    const tensor = (own: string, data: readonly number[][]) => ({
      name: own,
      datatype: 'FP32',
      shape: [data.length, data[0]?.length ?? 0],
      data: data.flat(),
    });
    const written = {
      schema: 'plimsoll.case/1',
      name,
      inputs: [tensor('x', group)],
      outputs: [
        tensor('y', answers),
        ...(facts.shape === 'pair'
          ? [
              tensor(
                'z',
                answers.map((row) => row.map((one) => -one)),
              ),
            ]
          : []),
      ],
      tolerance: { y: { absolute: 1e-4, relative: 1e-3 } },
    };
    await writeFile(join(folder, `${name}.json`), JSON.stringify(written));
  }
}

interface Labelled {
  readonly x: readonly number[];
  readonly region: string;
  readonly label: number;
}

function tableOf(
  rows: readonly Labelled[],
  { facts, random }: { readonly facts: ProjectFacts; readonly random: () => number },
): string {
  const labels = rows.map(({ label }) => label);
  const changed = rows.map(({ region, label }, at) => {
    if (facts.labels === 'shifted') return facts.kind === 'classes' ? (label + 1) % CLASSES : label + 3;
    if (facts.labels === 'shuffled') return labels[Math.floor(random() * labels.length)] ?? 0;
    if (facts.labels === 'wrong in the south' && region === 'south' && at % 2 === 0)
      return facts.kind === 'classes' ? (label + 1) % CLASSES : label + 9;
    return label;
  });
  const lines = rows.map(({ x, region }, at) => [...x, region, changed[at]].join(','));
  return ['a,b,c,d,region,label', ...lines].join('\n');
}

const METRICS = {
  classes: 'accuracy: { min: 0.5, slices: true }\n        logLoss: { max: 1.2 }\n        auc: { min: 0.6 }',
  regression: 'rmse: { max: 0.5 }\n        r2: { min: 0.8, slices: true }',
};

/** Texts in lower case, by the rules of a locale. */
async function writeTextProject(folder: string, facts: ProjectFacts): Promise<void> {
  await mkdir(join(folder, 'cases'), { recursive: true });
  saveModel(join(folder, 'model.onnx'), {
    nodes: [node('StringNormalizer', ['x'], ['y'], { attributes: { case_change_action: 'LOWER' } })],
    inputs: [value('x', 'string', ['batch'])],
    outputs: [value('y', 'string', ['batch'])],
  });
  const texts = ['Plain', 'ÉCOLE', 'Straße', 'ΑΒΓ'];
  const tensor = (name: string, data: readonly string[]) => ({ name, datatype: 'BYTES', shape: [data.length], data });
  const written = {
    schema: 'plimsoll.case/1',
    name: 'texts',
    inputs: [tensor('x', texts)],
    outputs: [
      tensor(
        'y',
        texts.map((text) => text.toLowerCase()),
      ),
    ],
  };
  await writeFile(join(folder, 'cases', 'texts.json'), JSON.stringify(written));
  await writeFile(join(folder, 'plimsoll.yaml'), `${headOf(facts)}verify: { timeoutMs: 5000 }\n`);
}

function headOf({ platforms = ['linux/amd64'], budget = '' }: ProjectFacts): string {
  return `name: fault
model: model.onnx
bounds: { batch: 16 }
cases: cases/
platforms: [${platforms.join(', ')}]
owners: { system: platform, model: research }
${budget}
`;
}

function configOf(facts: ProjectFacts): string {
  const { kind, classes } = facts;
  const metrics = facts.metrics ?? METRICS[kind === 'classes' ? 'classes' : 'regression'];
  const output = kind === 'classes' ? 'scores: y' : 'prediction: y';
  return `${headOf(facts)}verify:
  timeoutMs: 5000
  data:
    - file: rows.csv
      inputs: { x: [a, b, c, d] }
      label: label
      ${output}${classes === undefined ? '' : `\n      classes: [${classes.join(', ')}]`}
      slices: [region]
      metrics:
        ${metrics}
`;
}
