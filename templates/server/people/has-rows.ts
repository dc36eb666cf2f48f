import { findBatchInput } from '../inference.ts';
import type { Signature } from '../signature.ts';

/** Whether the first dimension counts rows: the same open one in all inputs, and open in every output. */
export function hasRows(signature: Signature): boolean {
  if (findBatchInput(signature) === undefined) return false;
  return signature.outputs.every(({ axes }) => axes === null || (axes.length > 0 && typeof axes[0] !== 'number'));
}
