/** A known size, a symbol, or `null` where the model does not say. */
export type PortDimension = number | string | null;

/** An input or output as a client sees it. */
export interface PortSummary {
  readonly name: string;
  /** The element type of a tensor by its ONNX name; other types as the specification writes them, `seq(map(int64, float))`. */
  readonly datatype: string;
  /** `null` where the rank is not declared, and for what is not a tensor. */
  readonly shape: readonly PortDimension[] | null;
}

export interface InputSummary extends PortSummary {
  /** The model brings a default, so that a client may leave it out. */
  readonly optional: boolean;
}

export interface FunctionSummary {
  readonly name: string;
  readonly domain: string;
  readonly overload: string;
  readonly nodes: number;
}

export interface DynamicDimension {
  /** `null` for a dimension without a name, which is a size of its own wherever it stands. */
  readonly symbol: string | null;
  readonly places: readonly { readonly port: string; readonly axis: number }[];
}

export interface ModelFacts {
  readonly path: string;
  /** `null` where the file was not read through. */
  readonly digest: string | null;
  /** Of the ONNX file itself. */
  readonly bytes: number;
  readonly irVersion: number;
  readonly opsets: Readonly<Record<string, number>>;
  /** Name and version of the exporter; `null` where the model does not say. */
  readonly producer: string | null;
  readonly domain: string | null;
  readonly version: string;
  /** Elements of all tensors, and of lists of floats in attributes, where trees and linear models keep theirs. */
  readonly parameters: number;
  /** Of the main graph, its subgraphs and the bodies of functions, each body once. */
  readonly nodes: number;
  readonly inputs: readonly InputSummary[];
  readonly outputs: readonly PortSummary[];
  readonly dynamicDimensions: readonly DynamicDimension[];
  readonly subgraphDepth: number;
  readonly functions: readonly FunctionSummary[];
  readonly trainingGraphs: number;
  readonly metadataKeys: readonly string[];
}

export interface OperatorFacts {
  /** How often each operator stands in the model, as `ai.onnx:Conv`, the most frequent first. */
  readonly counts: Readonly<Record<string, number>>;
  /** Parameters by the operator that consumes them, the most first; operators without any are left out. */
  readonly parameters: Readonly<Record<string, number>>;
  /** Parameters that reach no operator: outputs as they are, or dead weight. */
  readonly parametersWithoutOperator: number;
}

/** Where the bytes of weights stand. */
export type WeightStorage = 'raw' | 'typed-list' | 'external' | 'attribute-list';

export interface LargeTensor {
  readonly name: string;
  /** As `Location.graph`. */
  readonly graph: string;
  readonly datatype: string;
  readonly dims: readonly number[];
  /** As a runtime holds it; `null` for strings, whose size is not known without reading them. */
  readonly bytes: number | null;
  readonly storage: WeightStorage;
}

export interface WeightFacts {
  /** As a runtime holds them; strings are not counted. */
  readonly bytes: number;
  readonly byType: readonly {
    readonly datatype: string;
    readonly tensors: number;
    readonly parameters: number;
    readonly bytes: number | null;
  }[];
  /** Bytes by the place where they stand, for places that hold any. */
  readonly byStorage: Readonly<Partial<Record<WeightStorage, number>>>;
  /** The largest ones, by bytes. */
  readonly largest: readonly LargeTensor[];
}

/** What a person wants to know of a model before anything else, from its graph alone. */
export interface ModelSummary {
  readonly model: ModelFacts;
  readonly operators: OperatorFacts;
  readonly weights: WeightFacts;
}
