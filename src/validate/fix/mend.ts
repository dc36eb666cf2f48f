import type { Model } from '../../onnx/model.ts';
import type { WriteOptions } from '../../onnx/write-model.ts';

/** One way to make a model better that cannot change its numbers. */
export interface Mend {
  /** The rule whose findings it mends. */
  readonly rule: string;
  /** What it does, as an order. */
  readonly title: string;
  /** Left alone unless asked for by name, since not everybody wants it. */
  readonly isOnlyWhenAsked?: true;
  /** Giving a size from which on weights are large asks for it too. */
  readonly isAskedByExternalFrom?: true;
  /** Further runs that prove it, beside that both models give the same on the same inputs. */
  readonly proof?: 'row-by-row';
  readonly apply: (model: Model, options: MendOptions) => Mended;
}

export interface MendOptions {
  /** Inline weights of at least so many bytes go to a data file of their own. */
  readonly externalBytes: number;
}

export interface Mended {
  readonly model: Model;
  /** What was done, a clause for each kind of place; empty where there is nothing to mend. */
  readonly changes: readonly string[];
  /** How the mended model has to be written. */
  readonly write?: Pick<WriteOptions, 'typedToRaw' | 'externalData'>;
  /** Why something that could be mended was left alone. */
  readonly left?: string;
}
