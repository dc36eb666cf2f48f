import type { Finding } from '../../../../src/nouns/finding.ts';
import type { AssayedProject } from '../../../../src/recipes/assay-record.ts';
import { disagreement } from '../../../../src/recipes/disagreement.ts';
import {
  findingOfOutcome,
  findingsOfEquality,
  findingsOfSignature,
  findingsOfTrial,
  loweredFinding,
  originalFinding,
} from '../../../../src/validate/runtime/assay-findings.ts';
import type { Equality } from '../../../../src/validate/runtime/equality.ts';
import { explainRefusal } from '../../../../src/validate/runtime/refusals.ts';
import type { RuleExamples } from './example.ts';

const FILE = 'model.onnx';

/** Something that the runtime says or does, and what is said of it. */
function onRuntime(
  fails: string,
  findings: () => readonly Finding[],
  passes = '# the runtime loads and runs it',
): RuleExamples {
  return { fails: { text: fails, findings }, passes: { text: passes, findings: () => [] } };
}

function onRefusal(said: string, passes?: string): RuleExamples {
  return onRuntime(
    `# onnxruntime says\n${said}`,
    () => [explainRefusal(said, { file: FILE, phase: 'loading' })],
    passes,
  );
}

function onOutcome(fails: string, outcome: Parameters<typeof findingOfOutcome>[0]): RuleExamples {
  return onRuntime(fails, () => [findingOfOutcome(outcome, { file: FILE, phase: 'running' })]);
}

function equality(state: Equality['state']): Equality {
  const difference = {
    output: 'y',
    mismatch: null,
    unequal: 3,
    elements: 8,
    beyondTolerance: 3,
    largestAbsolute: 0.25,
    largestRelative: 0.1,
  };
  return { state, differences: [difference] };
}

function onEquality(state: Equality['state'], fails: string): RuleExamples {
  const compared = (of: Equality['state']) => () => findingsOfEquality({ outcome: 'ok', value: equality(of) }, FILE);
  return {
    fails: { text: fails, findings: compared(state) },
    passes: { text: '# 3 of 8 elements of y differ, within tolerance', findings: compared('close') },
  };
}

const ACCEPTED = { verdict: 'accepted', findings: [] } as unknown as AssayedProject;

export const ASSAY: Readonly<Record<string, RuleExamples>> = {
  'prepare/different': onEquality('different', '# 3 of 8 elements of y differ by up to 0.25, at every level'),
  'prepare/level': onRuntime(
    '# 3 of 8 elements of y differ at the level extended, and none at basic',
    () => [loweredFinding({ equality: equality('different') }, FILE)],
    '# none differs at the level extended',
  ),
  'prepare/optimised': onEquality(
    'as-optimised',
    '# y = QLinearConv (x, …): 3 of 8 elements differ, also where the runtime loads the original by default',
  ),
  'prepare/original': onRuntime(
    '# a model with training information',
    () => [originalFinding('it carries training information', FILE)],
    '# the same, exported for inference',
  ),
  'prepare/random': onEquality('random', 'y = RandomNormalLike (x)'),
  'runtime/binding-kind': onRuntime(
    'z = ZipMap (probabilities)',
    () => findingsOfSignature({ inputs: [], outputs: [{ name: 'z', elementType: null, shape: null }] }, FILE),
    '# exported with zipmap=False',
  ),
  'runtime/crashed': onOutcome('# the process ended by SIGSEGV', { outcome: 'crashed', how: 'signal SIGSEGV' }),
  'runtime/disagreement': onRuntime('# a check calls the model invalid, and the runtime runs it', () =>
    disagreement(
      [{ rule: 'structure/cycle', severity: 'error', message: 'a cycle', mend: 'break it' }],
      ACCEPTED,
      FILE,
    ),
  ),
  'runtime/example-refused': onRuntime(
    '# the first case has x [1, 4], and the model wants [1, 3]',
    () => findingsOfTrial({ state: 'not-run', fedBy: 'example', why: 'Got invalid dimensions for input: x' }, FILE),
    '# the first case has x [1, 3]',
  ),
  'runtime/external-data': onRefusal(
    'External initializer: w offset: 0 size to read: 400 given file_length: 0 are out of bounds or can not be read in full.',
    '# model.data is whole',
  ),
  'runtime/invalid-graph': onRefusal(
    'In Node, ("a", Add, "", -1) : ("x": tensor(float),) -> ("y",) , Error Node (a) has input size 1 not in range [min=2, max=2].',
  ),
  'runtime/ir-too-new': onRefusal('Unsupported model IR version: 99, max supported IR version: 11', 'ir_version: 10'),
  'runtime/locale-missing': onRefusal(
    'Failed to construct locale with name:tr_TR.UTF-8:locale',
    '# the locale is installed',
  ),
  'runtime/missing-kernel': onRefusal(
    "Could not find an implementation for Round(22) node with name 'r'",
    '# cast to float around the node',
  ),
  'runtime/missing-opset': onRefusal(
    'In Node, ("n", Gelu, "com.microsoft", -1) : ("x",) -> ("y",) , Error No opset import for domain \'com.microsoft\'',
    'opset_import: ["" : 21, "com.microsoft" : 1]',
  ),
  'runtime/not-a-model': onRefusal('Protobuf parsing failed.'),
  'runtime/not-tried': onRuntime(
    '# Gather with indices that the data do not have',
    () => findingsOfTrial({ state: 'not-run', fedBy: 'synthesis', why: 'indices element out of data bounds' }, FILE),
    'cases: cases/',
  ),
  'runtime/opset-too-new': onRefusal(
    'Opset 99 is under development and support for this is limited. Current official support for domain ai.onnx is till opset 23.',
    'opset_import: ["" : 21]',
  ),
  'runtime/out-of-memory': onOutcome('# it took 3 GiB, over the 2 GiB for trying it', {
    outcome: 'memory',
    bytes: 3 * 2 ** 30,
    limitBytes: 2 * 2 ** 30,
  }),
  'runtime/refused': onRefusal('something that no row of the table knows'),
  'runtime/timeout': onOutcome('# a Loop without end', { outcome: 'timeout', limitMs: 60_000 }),
  'runtime/type-mismatch': onRefusal(
    'Type Error: Type parameter (T) of Optype (Add) bound to different types (tensor(float) and tensor(double) in node (a).',
  ),
  'runtime/unknown-operator': onRefusal('Fatal error: com.acme:Mystery(-1) is not a registered function/op'),
  'runtime/unsupported-attribute': onRefusal(
    'layout_ == 0 was false. Batchwise recurrent operations are not supported.',
    'layout = 0',
  ),
};
