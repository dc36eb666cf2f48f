import type { Graph, ValueInfo } from '../../onnx/model.ts';
import { fedInputs } from '../memory/fed-inputs.ts';

/** The edges that a case feeds and answers, in order. */
export interface CaseSignature {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

/** What a model is fed with: its inputs less those that have a default, as test data of ONNX counts them. */
export function caseSignature(graph: Graph): CaseSignature {
  return { inputs: fedInputs(graph), outputs: graph.outputs };
}
