import type { VerdictDocument } from '../../schemas/verdict.ts';

type VerdictFailure = VerdictDocument['failures'][number];

/** How an answer from outside the image came out against the one that is wanted. */
export type OutsideOutcome = 'right' | 'wrong' | 'refused' | 'unavailable';

export interface NumericEvidence {
  /** The model as it ships, in the locked runtime. */
  readonly shipped: OutsideOutcome;
  /** The model as it was given, in the same runtime with nothing optimised. */
  readonly given: OutsideOutcome;
  /** Rows of the smallest request that is answered wrong; its rows one by one are answered right where there are several. */
  readonly rows: number | null;
  /** Whether the answer has another type or shape, or lacks an output, whatever its values. */
  readonly isOtherForm: boolean;
  /** Layers of the image that are not what its lock names. */
  readonly changedLayers: readonly string[];
  /** Why something could not be asked. */
  readonly why: string | null;
}

export type Told = Pick<VerdictFailure, 'owner' | 'cause' | 'mend' | 'missing'>;

/** Which of server, image, runtime and model a wrong answer is owed to. */
export function tellNumericCause(evidence: NumericEvidence): Told {
  const { shipped, given, rows, isOtherForm, changedLayers, why } = evidence;
  if (shipped === 'right' && isOtherForm) return PROTOCOL;
  if (shipped === 'right') return rows !== null && rows > 1 ? BATCHING : tellImage(changedLayers);
  if (shipped === 'unavailable') {
    if (changedLayers.length > 0) return tellImage(changedLayers);
    return { ...INCONCLUSIVE, missing: `the locked runtime outside the image: ${why ?? 'it could not be asked'}` };
  }
  if (given === 'right') return PREPARATION;
  return MODEL;
}

function tellImage(changedLayers: readonly string[]): Told {
  if (changedLayers.includes('onnxruntime')) return RUNTIME;
  const what = changedLayers.length === 0 ? '' : ` It is not what its lock names: ${changedLayers.join(', ')}.`;
  return {
    owner: 'numeric',
    cause: 'image',
    missing: null,
    mend: `The locked runtime answers right with this model outside the image, so the image is at fault.${what} Package it again from its lock.`,
  };
}

const PROTOCOL: Told = {
  owner: 'system',
  cause: 'server',
  missing: null,
  mend: 'The locked runtime answers in the form that is wanted, and the server in another. Package the image again from its lock.',
};

const BATCHING: Told = {
  owner: 'system',
  cause: 'server',
  missing: null,
  mend: 'Each of these rows is answered right by itself, and the locked runtime answers them right together: the server mixes the rows of a run up.',
};

const RUNTIME: Told = {
  owner: 'numeric',
  cause: 'runtime',
  missing: null,
  mend: 'The image has another onnxruntime than its lock names, which answers right outside it. Package it again from its lock.',
};

const PREPARATION: Told = {
  owner: 'numeric',
  cause: 'runtime',
  missing: null,
  mend: 'The model as it was given answers right where nothing is optimised: the runtime’s optimisation changes the answer. Try another version with runtime.onnxruntime, and report it to onnxruntime.',
};

const MODEL: Told = {
  owner: 'numeric',
  cause: 'model',
  missing: null,
  mend: 'The locked runtime answers the same outside the image: the model itself, its export, or the case is at fault. Hold its preprocessing and weights against the original’s.',
};

const INCONCLUSIVE = {
  owner: 'inconclusive',
  cause: null,
  mend: 'Make what was missing available, and verify again.',
} as const;
