import type { Shape } from '../../onnx/model.ts';
import type { Difference } from './compare-outputs.ts';
import type { SessionOptions } from './session-options.ts';
import type { BindingElementType, TensorValue, TensorValues } from './tensor-value.ts';

/** A model as the runtime is to load it. */
export type ModelSource =
  | { readonly kind: 'file'; readonly path: string }
  /** A graph held in memory whose external data is relative to `folder`. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly folder: string };

/** One input or output as the runtime's binding reports it; `elementType` is `null` for what is not a tensor. */
export interface Port {
  readonly name: string;
  readonly elementType: BindingElementType | null;
  /** The binding does not tell a scalar from an undeclared rank: both come as an empty shape. */
  readonly shape: Shape;
}

export interface Signature {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

export interface OutputFacts {
  readonly name: string;
  readonly elementType: BindingElementType;
  readonly dims: readonly number[];
}

/** What the parent may ask of the child, by verb: the question's fields and the answer's value. */
export interface Verbs {
  describe: { readonly ask: object; readonly value: { readonly onnxruntime: string; readonly node: string } };
  /** Creates a session and keeps it under a name, in place of one that had it. */
  create: {
    readonly ask: { readonly session: string; readonly model: ModelSource; readonly options: SessionOptions };
    readonly value: Signature;
  };
  /** Runs a session on feeds, for the outputs that are tensors. */
  run: {
    readonly ask: { readonly session: string; readonly feeds: TensorValues; readonly keep?: boolean };
    readonly value: {
      readonly outputs: readonly OutputFacts[];
      /** The elements, where `keep` asked for them. */
      readonly values: ReadonlyMap<string, TensorValue> | null;
    };
  };
  /** Runs a session on the same feeds over and over, for so long and at least once; tells how long one run took on average. */
  time: {
    readonly ask: { readonly session: string; readonly feeds: TensorValues; readonly forMs: number };
    readonly value: { readonly runMs: number };
  };
  /** Runs two sessions on the same feeds and tells how far their outputs lie apart. */
  compare: {
    readonly ask: {
      readonly reference: string;
      readonly candidate: string;
      readonly feeds: TensorValues;
      /** The candidate's last run was on these feeds: its outputs are taken from there. */
      readonly hasRun?: boolean;
    };
    readonly value: readonly Difference[];
  };
  /** Lets a session go. */
  release: { readonly ask: { readonly session: string }; readonly value: null };
}

export type Verb = keyof Verbs;

export type Request = { readonly [V in Verb]: { readonly verb: V } & Verbs[V]['ask'] }[Verb];

/** First message to the child: where the runtime is, and whose child it is. */
export interface Opening {
  readonly runtimeFolder: string;
  readonly parentPid: number;
}

export type Reply = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };
