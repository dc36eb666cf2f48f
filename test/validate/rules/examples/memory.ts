import { parseByteSize } from '../../../../src/nouns/byte-size.ts';
import type { MemoryReport } from '../../../../src/nouns/memory-report.ts';
import { rule as imageRule } from '../../../../src/validate/budget/image.ts';
import { memoryBreaches, rule as memoryRule } from '../../../../src/validate/budget/memory.ts';
import { rule as modelRule } from '../../../../src/validate/budget/model.ts';
import { overSize } from '../../../../src/validate/budget/over-size.ts';
import { rule as boundExceeded, exceededBounds } from '../../../../src/validate/memory-rules/bound-exceeded.ts';
import { largestRun, rule as largestRunRule } from '../../../../src/validate/memory-rules/largest-run.ts';
import { differingPlan, rule as planDiffers } from '../../../../src/validate/memory-rules/plan-differs.ts';
import { failedProbe, rule as probeFailed } from '../../../../src/validate/memory-rules/probe-failed.ts';
import { rule as slow, slowMemory } from '../../../../src/validate/memory-rules/slow.ts';
import { uncalibrated, rule as uncalibratedRule } from '../../../../src/validate/memory-rules/uncalibrated.ts';
import { rule as unknown, unknownMemory } from '../../../../src/validate/memory-rules/unknown.ts';
import type { RuleDescription, Violation } from '../../../../src/validate/rules/rule.ts';
import { asFinding } from '../../../../src/validate/rules/rule-finding.ts';
import { fixedMemory, plannedMemory, probeOf, WIDE_MODEL } from '../../../support/memory-report.ts';
import { renderModelText } from '../../../support/render-model-text.ts';
import type { Example, ExampleTable } from './example.ts';

function onFacts(rule: RuleDescription, said: string, violations: () => readonly Violation[]): Example {
  const findings = () =>
    violations().map((violation) => asFinding({ rule, violation, file: 'model.onnx', isHinted: false }));
  return { text: said, findings };
}

interface Settings {
  readonly memory?: string;
  readonly bounds?: Readonly<Record<string, number>>;
  readonly probe?: MemoryReport['probe'];
}

/** The wide model under a configuration, with numbers that stay where they are. */
function onPlan(
  rule: RuleDescription,
  { memory, bounds, probe = null }: Settings,
  violations: (memory: MemoryReport) => readonly Violation[],
): Example {
  const limit = memory === undefined ? null : bytesOf(memory);
  const lines = [
    ...(bounds ? [`bounds: ${JSON.stringify(bounds)}`] : []),
    ...(memory === undefined ? [] : [`budget: { memory: ${memory} }`]),
    'serve: { profile: lean }',
    ...(probe === null ? [] : ['# and --probe']),
    renderModelText(WIDE_MODEL),
  ];
  const planned = () => (bounds ? fixedMemory(limit, { probe }) : plannedMemory({ limitBytes: limit, bounds: {} }));
  return onFacts(rule, lines.join('\n'), () => violations(planned()));
}

function bytesOf(text: string): number {
  const size = parseByteSize(text);
  if (!size.ok) throw new TypeError(size.why);
  return size.bytes;
}

const BOUNDS = { batch: 1024 };
const CALIBRATED = { onnxruntime: '1.30.0', node: '24.21.0' };
const SEEN = { ranOn: 'the case "long"', name: 'tokens' };
const MODEL_BYTES = 60 * 2 ** 20;

export const MEMORY: ExampleTable = {
  'budget/memory': {
    fails: onPlan(memoryRule, { bounds: BOUNDS, memory: '64MiB' }, memoryBreaches),
    passes: onPlan(memoryRule, { bounds: BOUNDS, memory: '256MiB' }, memoryBreaches),
  },
  'budget/model': {
    fails: onFacts(modelRule, '# a model of 60 MiB\nbudget: { model: 50MiB }', () =>
      overSize('model', { bytes: MODEL_BYTES, budget: bytesOf('50MiB') }),
    ),
    passes: onFacts(modelRule, '# a model of 60 MiB\nbudget: { model: 64MiB }', () =>
      overSize('model', { bytes: MODEL_BYTES, budget: bytesOf('64MiB') }),
    ),
  },
  'budget/image': {
    fails: onFacts(imageRule, '# an image of 60 MiB\nbudget: { image: 50MiB }', () =>
      overSize('image for linux/amd64', { bytes: MODEL_BYTES, budget: bytesOf('50MiB') }),
    ),
    passes: onFacts(imageRule, '# an image of 60 MiB\nbudget: { image: 64MiB }', () =>
      overSize('image for linux/amd64', { bytes: MODEL_BYTES, budget: bytesOf('64MiB') }),
    ),
  },
  'memory/unknown': {
    fails: onPlan(unknown, { memory: '256MiB' }, unknownMemory),
    passes: onPlan(unknown, { memory: '256MiB', bounds: BOUNDS }, unknownMemory),
  },
  'memory/slow': {
    fails: onPlan(slow, { bounds: BOUNDS, memory: '128MiB' }, slowMemory),
    passes: onPlan(slow, { bounds: BOUNDS, memory: '256MiB' }, slowMemory),
  },
  'memory/bound-exceeded': {
    fails: onFacts(
      boundExceeded,
      'bounds: { batch: 32, "tokens[1]": 512 } # and a case with a long text, under --probe',
      () => exceededBounds({ ...SEEN, dims: [1, 700] }, { batch: 32, 'tokens[1]': 512 }),
    ),
    passes: onFacts(boundExceeded, 'bounds: { batch: 32, "tokens[1]": 1024 }', () =>
      exceededBounds({ ...SEEN, dims: [1, 700] }, { batch: 32, 'tokens[1]': 1024 }),
    ),
  },
  'memory/largest-run': {
    fails: onFacts(largestRunRule, 'bounds: { batch: 32 }\nserve: { batching: { maxSize: 128 } }', () =>
      largestRun({ rows: 'batch', bounds: { batch: 32 }, maxSize: 128 }),
    ),
    passes: onFacts(largestRunRule, 'bounds: { batch: 128 }\nserve: { batching: { maxSize: 128 } }', () =>
      largestRun({ rows: 'batch', bounds: { batch: 128 }, maxSize: 128 }),
    ),
  },
  'memory/uncalibrated': {
    fails: onFacts(uncalibratedRule, "runtime: { onnxruntime: '1.29.0' }", () =>
      uncalibrated({ ...CALIBRATED, onnxruntime: '1.29.0' }, { combination: CALIBRATED, agrees: null }),
    ),
    passes: onFacts(uncalibratedRule, '# nothing is said of the runtime', () =>
      uncalibrated(CALIBRATED, { combination: CALIBRATED, agrees: null }),
    ),
  },
  'memory/plan-differs': {
    fails: onPlan(planDiffers, { bounds: BOUNDS, probe: probeOf(80 * 2 ** 20, 50 * 2 ** 20) }, differingPlan),
    passes: onPlan(planDiffers, { bounds: BOUNDS, probe: probeOf(52 * 2 ** 20, 50 * 2 ** 20) }, differingPlan),
  },
  'memory/probe-failed': {
    fails: onFacts(probeFailed, 'plimsoll lint model.onnx --probe # and the server does not start', () => [
      failedProbe({ how: 'killed', why: 'it was killed for memory', limitBytes: 160 * 2 ** 20 }),
    ]),
    passes: onFacts(probeFailed, 'plimsoll lint model.onnx --probe # and the server answers', () => []),
  },
};
