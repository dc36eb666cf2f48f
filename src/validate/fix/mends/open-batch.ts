import type { Dimension, Graph, Model, ValueInfo } from '../../../onnx/model.ts';
import { firstFew } from '../../rules/describe.ts';
import { tensorInputs } from '../../rules/production/tensor-inputs.ts';
import { inferShapes } from '../../shapes/infer-shapes.ts';
import { mapGraphs } from '../edit-graphs.ts';
import { inferredShapes } from '../inferred-shapes.ts';
import { mapKept, withParts } from '../keep-same.ts';
import type { Mend, Mended } from '../mend.ts';

export const openBatch = {
  rule: 'production/fixed-batch',
  title: 'Open the batch dimension where every operator allows it',
  isOnlyWhenAsked: true,
  proof: 'row-by-row',
  apply(model: Model): Mended {
    const inputs = batchInputs(model);
    if (inputs.size === 0) return { model, changes: [] };
    const symbol = freeSymbol(model);
    return withOutputs(model, { opened: openInputs(model, { inputs, symbol }), symbol, inputs });
  },
} as const satisfies Mend;

/** The inputs with rows, if every one of them is fixed to a single row. */
function batchInputs(model: Model): ReadonlySet<string> {
  const rows = tensorInputs(model).filter(({ shape }) => shape !== null && shape.length >= 2);
  const isFixed = rows.length > 0 && rows.every(({ shape }) => shape?.[0] === 1);
  return new Set(isFixed ? rows.map(({ name }) => name) : []);
}

function freeSymbol({ graph }: Model): string {
  const taken = new Set<Dimension>(
    [...graph.inputs, ...graph.outputs].flatMap(({ type }) => (type?.kind === 'tensor' ? (type.shape ?? []) : [])),
  );
  let symbol = 'batch';
  for (let copy = 2; taken.has(symbol); copy += 1) symbol = `batch_${copy}`;
  return symbol;
}

/** Shapes inside were worked out for one row, so that they go; runtimes work them out again. */
function openInputs(model: Model, { inputs, symbol }: { inputs: ReadonlySet<string>; symbol: string }): Model {
  const open = (info: ValueInfo): ValueInfo =>
    inputs.has(info.name) && info.type?.kind === 'tensor' && info.type.shape !== null
      ? { ...info, type: { ...info.type, shape: [symbol, ...info.type.shape.slice(1)] } }
      : info;
  const withoutShape = (info: ValueInfo): ValueInfo =>
    info.type?.kind === 'tensor' && info.type.shape !== null ? { ...info, type: { ...info.type, shape: null } } : info;
  return mapGraphs(model, (graph: Graph, isMain) =>
    withParts(graph, {
      inputs: isMain ? mapKept(graph.inputs, open) : mapKept(graph.inputs, withoutShape),
      outputs: mapKept(graph.outputs, withoutShape),
      valueInfos: graph.valueInfos.length === 0 ? graph.valueInfos : [],
    }),
  );
}

interface Opened {
  readonly opened: Model;
  readonly symbol: string;
  readonly inputs: ReadonlySet<string>;
}

/** Every output has to have as many rows as the inputs, for any number of them. */
function withOutputs(model: Model, { opened, symbol, inputs }: Opened): Mended {
  const [conflict] = inferShapes(opened).conflicts;
  if (conflict)
    return {
      model,
      changes: [],
      left: `the batch stays fixed: ${conflict.node.opType} "${conflict.node.name}": ${conflict.message}`,
    };
  const shapes = inferredShapes(opened);
  const without = opened.graph.outputs.find(({ name }) => shapes.get(name)?.[0] !== symbol);
  if (without)
    return {
      model,
      changes: [],
      left: `the batch stays fixed: output "${without.name}" would not have a row for each row of the inputs`,
    };
  const outputs = mapKept(opened.graph.outputs, (info) => {
    const shape = shapes.get(info.name) ?? null;
    return info.type?.kind === 'tensor' ? { ...info, type: { ...info.type, shape } } : info;
  });
  return {
    model: { ...opened, graph: withParts(opened.graph, { outputs }) },
    changes: [`opened the first dimension of ${firstFew([...inputs].map((name) => `"${name}"`))} as "${symbol}"`],
  };
}
