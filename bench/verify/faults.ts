import type { Fault } from './faults/fault.ts';
import { NUMERIC } from './faults/numeric.ts';
import { STATISTICAL } from './faults/statistical.ts';
import { SYSTEM } from './faults/system.ts';

/** Ten of each owner. */
export const FAULTS: readonly Fault[] = [...SYSTEM, ...NUMERIC, ...STATISTICAL];
