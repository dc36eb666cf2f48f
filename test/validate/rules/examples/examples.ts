import { ASSAY } from './assay.ts';
import { BUDGET } from './budget.ts';
import { CONFIG } from './config.ts';
import type { ExampleTable } from './example.ts';
import { MEMORY } from './memory.ts';
import { PRODUCTION } from './production.ts';
import { RUNTIME } from './runtime.ts';
import { STRUCTURE_GRAPHS } from './structure-graphs.ts';
import { STRUCTURE_NODES } from './structure-nodes.ts';
import { STRUCTURE_TENSORS } from './structure-tensors.ts';

/** For every rule something that it finds fault with, and the same mended. */
export const EXAMPLES: ExampleTable = {
  ...STRUCTURE_GRAPHS,
  ...STRUCTURE_NODES,
  ...STRUCTURE_TENSORS,
  ...RUNTIME,
  ...PRODUCTION,
  ...BUDGET,
  ...MEMORY,
  ...ASSAY,
  ...CONFIG,
};
