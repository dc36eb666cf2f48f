import type { Node } from '../../../onnx/model.ts';
import { attention } from './attention.ts';
import { convolution } from './convolution.ts';
import { mixtures } from './experts.ts';
import { images } from './images.ts';
import { matrix } from './matrix.ts';
import { none } from './none.ts';
import { other } from './other.ts';
import { recurrent } from './recurrent.ts';
import type { ScratchRule, ScratchTable } from './rule.ts';
import { signal } from './signal.ts';

const RULES: ScratchTable = {
  ...none,
  ...convolution,
  ...matrix,
  ...attention,
  ...mixtures,
  ...recurrent,
  ...signal,
  ...images,
  ...other,
};

/** What a kernel takes beside its outputs; `null` for operators that nothing is known of. */
export function scratchRule(node: Pick<Node, 'domain' | 'opType'>): ScratchRule | null {
  return RULES[nameOf(node)] ?? null;
}

/** Whether data decide how much that is, and its rule says the most. */
export function isDecidedByData(node: Pick<Node, 'domain' | 'opType'>): boolean {
  return nameOf(node) in mixtures;
}

function nameOf({ domain, opType }: Pick<Node, 'domain' | 'opType'>): string {
  return domain === '' ? opType : `${domain}:${opType}`;
}
