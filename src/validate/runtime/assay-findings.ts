import { formatByteSize } from '../../nouns/byte-size.ts';
import { type Finding, sortFindings } from '../../nouns/finding.ts';
import type { Model } from '../../onnx/model.ts';
import { resolveExternalData } from '../../onnx/resolve-external-data.ts';
import type { Difference } from './compare-outputs.ts';
import type { Equality } from './equality.ts';
import { explainRefusal, type Phase } from './refusals.ts';
import type { Signature } from './requests.ts';
import type { Ending, Outcome } from './runtime-child.ts';
import type { Trial } from './trial-run.ts';

type Unhappy = Exclude<Outcome<never>, { readonly outcome: 'ok' }>;

/** Why the runtime did not get through, as a finding. */
export function findingOfOutcome(
  outcome: Unhappy,
  { file, phase }: { readonly file: string; readonly phase: Phase },
): Finding {
  if (outcome.outcome === 'refused') return explainRefusal(outcome.message, { file, phase });
  return { severity: 'error', location: { file }, ...ENDINGS[outcome.outcome](outcome as never, phase) };
}

type Say<O> = (ending: O, phase: Phase) => Pick<Finding, 'rule' | 'message' | 'mend'>;

const ENDINGS: { readonly [K in Ending['outcome']]: Say<Extract<Ending, { readonly outcome: K }>> } = {
  crashed: ({ how }, phase) => ({
    rule: 'runtime/crashed',
    message: `the runtime's process ended (${how}) while ${phase} the model`,
    mend: how.includes('SIGKILL')
      ? 'The system ends processes so when memory runs out: close other programs, or try on a machine with more.'
      : 'This is a defect of the runtime that the model brings out; another opset or another onnxruntime version may avoid it.',
  }),
  timeout: ({ limitMs }, phase) => ({
    rule: 'runtime/timeout',
    message: `${phase} the model took longer than ${Math.round(limitMs / 1000)} s and was stopped`,
    mend: 'Look for a Loop without a sensible limit, or for tensors of absurd size.',
  }),
  memory: ({ bytes, limitBytes }, phase) => ({
    rule: 'runtime/out-of-memory',
    message: `${phase} the model took ${formatByteSize(bytes)} of memory, over the ${formatByteSize(limitBytes)} allowed for trying it, and was stopped`,
    mend: 'Look for a constant or an intermediate tensor of absurd size; otherwise try on a machine with more memory.',
  }),
};

/** Data files that are missing, too short or out of bounds: the runtime is not led to them. */
export function findingsOfExternalData(model: Model): readonly Finding[] {
  const findings = resolveExternalData(model).problems.map(({ failure, tensor, graph }) => ({
    rule: 'runtime/external-data',
    severity: 'error' as const,
    message: failure.message,
    mend: failure.mend,
    location: { file: model.path, ...(graph && { graph }), tensor: tensor.name },
  }));
  return sortFindings(findings);
}

/** Inputs and outputs that the runtime runs but its Node binding cannot carry. */
export function findingsOfSignature(signature: Signature, file: string): readonly Finding[] {
  const kinds = [
    { ports: signature.inputs, kind: 'input' },
    { ports: signature.outputs, kind: 'output' },
  ];
  return kinds.flatMap(({ ports, kind }) =>
    ports
      .filter((port) => port.elementType === null)
      .map((port) => ({
        rule: 'runtime/binding-kind',
        severity: 'error' as const,
        message: `the ${kind} ${port.name} is a sequence, map or optional; the runtime's Node binding carries tensors only`,
        mend: 'Export so that a tensor comes out: with skl2onnx zipmap=False; for sequences, ConcatFromSequence as the last node.',
        location: { file, tensor: port.name },
      })),
  );
}

/** What a trial run that did not work means. */
export function findingsOfTrial(trial: Trial, file: string): readonly Finding[] {
  if (trial.state === 'ran') return [];
  if (trial.state === 'ended') return [findingOfOutcome(trial.ending, { file, phase: 'running' })];
  const why = trial.why.replace(/\s+/g, ' ').slice(0, 400);
  if (/bad_alloc/.test(trial.why))
    return [findingOfOutcome({ outcome: 'refused', message: trial.why }, { file, phase: 'running' })];
  if (trial.fedBy === 'example') {
    return [
      {
        rule: 'runtime/example-refused',
        severity: 'error',
        message: `the model does not run on the inputs of its first case: ${why}`,
        mend: 'Compare the case with the signature that plimsoll inspect shows: names, types and shapes.',
        location: { file },
      },
    ];
  }
  return [
    {
      rule: 'runtime/not-tried',
      severity: 'warning',
      message: `the model loads, but no made-up inputs suited it, so no run was tried: ${why}`,
      mend: 'Give one case with real inputs under cases.',
      location: { file },
    },
  ];
}

/** What it means that prepared and original differ, or that they could not be compared. */
export function findingsOfEquality(compared: Outcome<Equality>, file: string): readonly Finding[] {
  if (compared.outcome !== 'ok') return [findingOfOutcome(compared, { file, phase: 'running' })];
  const { state, differences } = compared.value;
  const verdict = DIFFERENCES[state];
  if (verdict === null) return [];
  const worst = differences.filter(({ mismatch, beyondTolerance }) => mismatch !== null || beyondTolerance > 0);
  return worst.map((difference) => ({
    ...verdict,
    message: `the output ${difference.output} of the prepared model differs from the original's: ${measure(difference)}`,
    location: { file, tensor: difference.output },
  }));
}

/** That the model ships less optimised than others, since only so it was proven equal. */
export function loweredFinding({ equality }: { readonly equality: Equality | null }, file: string): Finding {
  const worst = equality?.differences.find(({ mismatch, beyondTolerance }) => mismatch !== null || beyondTolerance > 0);
  const much = worst === undefined ? '' : `: the output ${worst.output}: ${measure(worst)}`;
  return {
    rule: 'prepare/level',
    severity: 'note',
    message: `at the level extended the prepared model differs from the original${much}. It ships at the level basic, where it does not: its nodes are not fused, which takes time and memory`,
    mend: 'Nothing has to be done. If it is too slow, report it with the model: what the runtime fuses here changes what it computes.',
    location: { file },
  };
}

/** That the model ships as it is, and what that costs. */
export function originalFinding(reason: string, file: string): Finding {
  return {
    rule: 'prepare/original',
    severity: 'warning',
    message: `the model ships as it is: ${reason.replace(/\s+/g, ' ').slice(0, 300)}. So it is optimised again at every start, its weights are copied into memory that the system cannot take back, and no memory plan can be made`,
    mend: 'Set budget.memory by what a probe measures. Another opset of the exporter may give a model that can be prepared.',
    location: { file },
  };
}

function measure({ mismatch, beyondTolerance, elements, largestAbsolute, largestRelative }: Difference): string {
  if (mismatch !== null) return mismatch;
  const much = `by up to ${largestAbsolute.toPrecision(2)} (${largestRelative.toExponential(1)} of the largest value)`;
  return `${beyondTolerance} of ${elements} elements are beyond tolerance, ${much}`;
}

const DIFFERENCES: Readonly<Record<Equality['state'], Pick<Finding, 'rule' | 'severity' | 'mend'> | null>> = {
  identical: null,
  close: null,
  random: {
    rule: 'prepare/random',
    severity: 'note',
    mend: 'The original does not repeat its own outputs either. Give its random operators a seed if runs should repeat.',
  },
  'as-optimised': {
    rule: 'prepare/optimised',
    severity: 'warning',
    mend: 'The runtime makes the same difference whenever it loads the original with its default options. Check that your cases still pass.',
  },
  different: {
    rule: 'prepare/different',
    severity: 'error',
    mend: 'Please report it with the model: preparing it changes what it computes.',
  },
};
