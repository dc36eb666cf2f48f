import type { OperatorBudget } from '../../nouns/operator-budget.ts';
import type { LocalFunction, Model, Node } from '../../onnx/model.ts';
import type { ExternalDataFacts } from '../../onnx/resolve-external-data.ts';
import type { KernelFacts } from '../operators/kernel-facts.ts';
import { type OperatorSchema, schemaFor } from '../operators/operator-schemas.ts';
import type { ShapedModel } from '../shapes/shaped-model.ts';
import { callKey, functionKey, type GraphPlace, graphPlaces, nodeLabel } from './graph-places.ts';
import { type ShapedPlaces, shapedPlaces } from './shaped-graphs.ts';
import { type StoredTensor, storedTensors } from './stored-tensors.ts';

/** What is known of a model before the rules look at it. What is absent was not asked; rules that need it stay silent. */
export interface CheckFacts {
  readonly model: Model;
  /** Largest size of each symbol that the model leaves open. */
  readonly bounds?: Readonly<Record<string, number>>;
  readonly budget?: OperatorBudget;
  /** What the locked runtime has kernels for; see `shippedKernelFacts`. */
  readonly kernels?: KernelFacts;
  /** Types and shapes of all values; see `inferShapes`. */
  readonly shaped?: ShapedModel;
  /** What was found of external data; see `resolveExternalData`. */
  readonly externalData?: ExternalDataFacts;
  /** Names of inputs that every case feeds. */
  readonly fedInputs?: ReadonlySet<string>;
  /** Shapes that a trial run gave, by output. */
  readonly trialOutputs?: ReadonlyMap<string, readonly number[]>;
  /** Locales of the system that the model will run on. */
  readonly locales?: readonly string[];
  /** Tensors with equal content, by any name for that content. */
  readonly contentNames?: ReadonlyMap<object, string>;
}

export interface RuleContext extends CheckFacts {
  readonly places: readonly GraphPlace[];
  readonly nodes: readonly NodePlace[];
  /** Every tensor that the model stores. */
  readonly tensors: readonly StoredTensor[];
  /** Names that a place, or a subgraph inside it, reads or gives out. */
  readonly usedNames: (place: GraphPlace) => ReadonlySet<string>;
  /** Inferred values of a place; none where shapes were not inferred. */
  readonly shapedFacts: ShapedPlaces;
}

export interface NodePlace {
  readonly place: GraphPlace;
  readonly node: Node;
  readonly index: number;
  /** Its name, or operator and index where it has none. */
  readonly label: string;
  /** The local function that it calls. */
  readonly callee: LocalFunction | undefined;
  /** The schema in force; absent for calls to local functions and for operators that nobody knows. */
  readonly schema: OperatorSchema | undefined;
}

/** Works out once what many rules ask. */
export function ruleContext(facts: CheckFacts): RuleContext {
  const places = graphPlaces(facts.model);
  const functions = new Map(facts.model.functions.map((fn) => [functionKey(fn), fn]));
  const nodes = places.flatMap((place) =>
    place.nodes.map((node, index) => nodePlace({ place, node, index, callee: functions.get(callKey(node)) })),
  );
  const used = usedNamesByPlace(places);
  const usedNames = (place: GraphPlace): ReadonlySet<string> => used.get(place) ?? new Set();
  const tensors = [...storedTensors({ places, usedNames })];
  return { ...facts, places, nodes, tensors, usedNames, shapedFacts: shapedPlaces(facts.shaped) };
}

function nodePlace(facts: Pick<NodePlace, 'place' | 'node' | 'index' | 'callee'>): NodePlace {
  const { place, node, callee } = facts;
  const opset = place.opsets.get(node.domain);
  const id = { domain: node.domain, name: node.opType };
  const schema = callee || opset === undefined ? undefined : schemaFor(id, opset);
  return { ...facts, label: nodeLabel(node, facts.index), schema };
}

function usedNamesByPlace(places: readonly GraphPlace[]): ReadonlyMap<GraphPlace, ReadonlySet<string>> {
  const used = new Map(places.map((place) => [place, new Set<string>()]));
  // Inner places come after outer ones, so from the back each is complete before it is handed outwards.
  for (const place of [...places].reverse()) {
    const names = used.get(place) ?? new Set();
    for (const node of place.nodes) for (const input of node.inputs) names.add(input);
    for (const output of place.graph?.outputs ?? []) names.add(output.name);
    if (place.kind === 'function') for (const output of place.function?.outputs ?? []) names.add(output);
    const outside = place.outer && used.get(place.outer);
    if (outside) for (const name of names) outside.add(name);
  }
  return used;
}
