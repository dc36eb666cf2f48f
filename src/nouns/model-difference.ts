import type { PortDimension } from './model-summary.ts';

/** A fact that is another than before; `null` where there is none. */
export interface ChangedFact {
  readonly what: string;
  readonly from: string | number | null;
  readonly to: string | number | null;
}

/** A change of an input or output, judged by a client that was written for the old model. */
export interface SignatureChange {
  readonly side: 'input' | 'output';
  readonly name: string;
  readonly kind: 'added' | 'removed' | 'type' | 'shape' | 'default' | 'order';
  /** Whether a client that worked with the old model may fail with the new one. */
  readonly breaking: boolean;
  /** One clause: what changed, and why it breaks clients or does not. */
  readonly message: string;
  readonly from: PortText | null;
  readonly to: PortText | null;
}

export interface PortText {
  readonly datatype: string;
  readonly shape: readonly PortDimension[] | null;
}

export interface ChangedCount {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Names by graph and tensor, as `graph/name`, `name` alone in the main graph. */
export interface WeightChanges {
  readonly same: number;
  /** Other type, dimensions or content under the same name. */
  readonly changed: readonly { readonly name: string; readonly what: 'content' | 'type' | 'dimensions' }[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** The same content under another name. */
  readonly renamed: readonly { readonly from: string; readonly to: string }[];
}

export interface NodeChanges {
  readonly same: number;
  readonly changed: readonly { readonly node: string; readonly operator: string; readonly what: readonly string[] }[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** What changed from one model to another. */
export interface ModelDifference {
  readonly same: boolean;
  readonly breaking: boolean;
  readonly signature: readonly SignatureChange[];
  /** Versions, sizes, counts; those that are equal are left out. */
  readonly facts: readonly ChangedFact[];
  /** Nodes by operator, for operators whose number changed. */
  readonly operators: readonly ChangedCount[];
  readonly weights: WeightChanges;
  readonly nodes: NodeChanges;
  readonly functions: { readonly added: readonly string[]; readonly removed: readonly string[] };
  readonly metadata: readonly ChangedFact[];
}
