import type { Model } from '../../onnx/model.ts';
import { inferShapes } from '../shapes/infer-shapes.ts';
import { biasBeforeGelu } from './bias-before-gelu.ts';
import { sumsIntoConvolutions } from './sums-into-convolutions.ts';
import { swishIntoConvolutions } from './swish-into-convolutions.ts';

const MICROSOFT = 'com.microsoft';

/** The model with kernels that need less memory in place of others that compute the same; the very same one where there are none. */
export function withLighterKernels(model: Model): Model {
  const shaped = inferShapes(model);
  const biased = { ...model, graph: { ...model.graph, ...biasBeforeGelu(model, shaped) } };
  const swished = { ...biased, graph: { ...biased.graph, nodes: swishIntoConvolutions(biased) } };
  const nodes = sumsIntoConvolutions(swished, shaped);
  if (nodes.length === model.graph.nodes.length && nodes.every((node, place) => node === model.graph.nodes[place]))
    return model;
  const isImported = model.opsetImports.some(({ domain }) => domain === MICROSOFT);
  const opsetImports = isImported ? model.opsetImports : [...model.opsetImports, { domain: MICROSOFT, version: 1 }];
  return { ...biased, opsetImports, graph: { ...biased.graph, nodes } };
}
