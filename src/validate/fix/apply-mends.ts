import type { Model } from '../../onnx/model.ts';
import type { Mend, Mended, MendOptions } from './mend.ts';

export interface AppliedMend {
  readonly mend: Mend;
  readonly changes: readonly string[];
}

/** A model after several mends, and how it is to be written. */
export interface MendedModel {
  readonly model: Model;
  readonly write: NonNullable<Mended['write']>;
  /** Those that changed something, in their order. */
  readonly applied: readonly AppliedMend[];
  /** Those that could not, though there was something to mend. */
  readonly left: readonly { readonly mend: Mend; readonly why: string }[];
}

/** Applies mends one after the other. Throws what reading tensors throws. */
export function applyMends(original: Model, mends: readonly Mend[], options: MendOptions): MendedModel {
  let [model, write]: [Model, MendedModel['write']] = [original, {}];
  const applied: AppliedMend[] = [];
  const left: { mend: Mend; why: string }[] = [];
  for (const mend of mends) {
    const mended = mend.apply(model, options);
    if (mended.left !== undefined) left.push({ mend, why: mended.left });
    if (mended.changes.length === 0) continue;
    model = mended.model;
    write = { ...write, ...mended.write };
    applied.push({ mend, changes: mended.changes });
  }
  return { model, write, applied, left };
}
