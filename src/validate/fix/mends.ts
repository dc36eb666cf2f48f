import type { Mend } from './mend.ts';
import { castAtEdge } from './mends/cast-at-edge.ts';
import { externalWeights } from './mends/external-weights.ts';
import { importDefaultOpset } from './mends/import-default-opset.ts';
import { openBatch } from './mends/open-batch.ts';
import { rawWeights } from './mends/raw-weights.ts';
import { removeDeadNodes } from './mends/remove-dead-nodes.ts';
import { removeDeadWeights } from './mends/remove-dead-weights.ts';
import { removeZipMap } from './mends/remove-zipmap.ts';
import { shareWeights } from './mends/share-weights.ts';
import { stripLeaks } from './mends/strip-leaks.ts';
import { weightsOutOfInputs } from './mends/weights-out-of-inputs.ts';

/** Every mend, in the order in which they are applied: what is removed need not be looked at any more. */
export const MENDS: readonly Mend[] = [
  importDefaultOpset,
  removeZipMap,
  castAtEdge,
  removeDeadNodes,
  removeDeadWeights,
  weightsOutOfInputs,
  shareWeights,
  stripLeaks,
  openBatch,
  rawWeights,
  externalWeights,
];
