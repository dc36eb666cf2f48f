import type { FunctionSummary, ModelSummary } from '../../nouns/model-summary.ts';
import type { Model } from '../../onnx/model.ts';
import { domainName } from '../rules/describe.ts';
import { graphPlaces } from '../rules/graph-places.ts';
import { dynamicDimensions } from './dynamic-dimensions.ts';
import { heldWeights } from './held-weights.ts';
import { operatorFacts } from './operator-facts.ts';
import { inputsOf, outputsOf } from './ports.ts';
import { weightFacts } from './weight-facts.ts';

/** What a model says of itself, at the cost of its graph: no weight is read. */
export function summariseModel(model: Model): ModelSummary {
  const places = graphPlaces(model);
  const held = places.flatMap((place) => heldWeights(place));
  const inputs = inputsOf(model);
  const outputs = outputsOf(model);
  return {
    model: {
      path: model.path,
      digest: null,
      bytes: model.fileBytes,
      irVersion: model.irVersion,
      opsets: Object.fromEntries(model.opsetImports.map(({ domain, version }) => [domainName(domain), version])),
      producer: [model.producerName, model.producerVersion].filter((part) => part !== '').join(' ') || null,
      domain: model.domain || null,
      version: String(model.modelVersion),
      parameters: held.reduce((sum, { parameters }) => sum + parameters, 0),
      nodes: places.reduce((sum, { nodes }) => sum + nodes.length, 0),
      inputs,
      outputs,
      dynamicDimensions: dynamicDimensions([...inputs, ...outputs]),
      subgraphDepth: places.reduce((deepest, { depth }) => Math.max(deepest, depth), 0),
      functions: functionsOf(model),
      trainingGraphs: model.trainingInfoCount,
      metadataKeys: [...model.metadata.keys()],
    },
    operators: operatorFacts(places),
    weights: weightFacts(held),
  };
}

function functionsOf(model: Model): readonly FunctionSummary[] {
  return model.functions.map(({ name, domain, overload, nodes }) => ({ name, domain, overload, nodes: nodes.length }));
}
