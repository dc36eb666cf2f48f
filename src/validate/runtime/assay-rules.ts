import type { RuleDescription } from '../rules/rule.ts';

/** Where a finding quotes the runtime, its own check is the source. */
const RUNTIME = 'onnxruntime’s own refusal, when it loads or runs the model.';
const COMPARED = 'The outputs of original and prepared model on the same inputs.';
const TRIED = 'A run of the locked runtime in a process of its own.';

/** Every rule that the runtime's own judgement may name in a finding; a test holds it equal to the code. */
export const ASSAY_RULES: readonly RuleDescription[] = [
  {
    id: 'prepare/different',
    severity: 'error',
    title: 'The prepared model computes what the original does',
    explanation:
      'A model ships as the runtime has prepared it. Both forms are run on the same inputs; where an output is beyond tolerance, and a lower level of optimisation does not mend it, what would ship is not what was trained.',
    mend: 'Report it with the model: preparing it changes what it computes.',
    source: COMPARED,
  },
  {
    id: 'prepare/level',
    severity: 'note',
    title: 'The model is prepared at the level extended',
    explanation:
      'At this level nodes are fused, and answers were beyond tolerance. At the level basic they are not, so that one ships: it takes more time, and more memory for values between nodes.',
    mend: 'Nothing has to be done. If it is too slow, report it with the model.',
    source: COMPARED,
  },
  {
    id: 'prepare/optimised',
    severity: 'warning',
    title: 'A quantized model computes the same with and without the runtime’s optimisation',
    explanation:
      'The prepared model differs from the original as it stands, and not from what the runtime makes of the original when it loads it with its default options. Whoever served the model with onnxruntime before had these answers already.',
    mend: 'Check that the cases still pass: they have the answers of the original framework.',
    source:
      'The outputs of the original, of the original as the runtime loads it by default, and of the prepared model.',
  },
  {
    id: 'prepare/original',
    severity: 'warning',
    title: 'The model can be prepared',
    explanation:
      'Training information, and what the runtime loads but cannot write or read back, ships as it is. It is optimised again at every start, its weights are copied into memory that the system cannot take back, and no memory plan can be made.',
    mend: 'Set `budget.memory` by what a probe measures. Another opset of the exporter may give a model that can be prepared.',
    source: 'What the runtime writes when it is asked to save the optimised model.',
  },
  {
    id: 'prepare/random',
    severity: 'note',
    title: 'The model repeats its own outputs',
    explanation:
      'A model that draws random numbers gives other outputs each time, so that the prepared form cannot be held against the original by their outputs.',
    mend: 'Give the random operators a seed, if runs should repeat.',
    source: 'Two runs of the original on the same inputs.',
  },
  {
    id: 'runtime/binding-kind',
    severity: 'error',
    title: 'Inputs and outputs are tensors',
    explanation:
      'The runtime’s Node binding, by which the server runs the model, carries no sequence, map or optional.',
    mend: 'Export so that a tensor comes out: with skl2onnx `zipmap=False`; for sequences, ConcatFromSequence as the last node.',
    source: 'The signature as the runtime’s binding reports it.',
  },
  {
    id: 'runtime/crashed',
    severity: 'error',
    title: 'The runtime survives the model',
    explanation: 'The process that loaded or ran the model ended by itself. In production that is an outage.',
    mend: 'Another opset or another onnxruntime version may avoid it. Where the system ended it for want of memory, try on a machine with more.',
    source: TRIED,
  },
  {
    id: 'runtime/disagreement',
    severity: 'warning',
    title: 'The checks of the file and the runtime judge a model alike',
    explanation:
      'The file’s own checks foresee what the runtime will say. Where they differ this program is at fault, and the runtime’s word counts.',
    mend: 'Go by what the runtime says, and report this with the model, or with the node that is named.',
    source: 'Findings of both, side by side.',
  },
  {
    id: 'runtime/example-refused',
    severity: 'error',
    title: 'The model runs on its own cases',
    explanation: 'The first case has inputs that the model is said to take, and it does not run on them.',
    mend: 'Compare the case with the signature that `plimsoll inspect` shows: names, types and shapes.',
    source: TRIED,
  },
  {
    id: 'runtime/external-data',
    severity: 'error',
    title: 'Weights outside the model’s file can be read',
    explanation:
      'A data file is missing, too short, or lies where the runtime does not go: outside the model’s folder.',
    mend: 'Put the data files where the model names them, below its own folder, whole and unrenamed; or save the model again with `onnx.save`.',
    source: RUNTIME,
  },
  {
    id: 'runtime/invalid-graph',
    severity: 'error',
    title: 'The graph keeps to the specification',
    explanation:
      'The runtime checks each node by its operator’s schema before it plans a run, and refuses what breaks it.',
    mend: 'Mend the export; `onnx.checker.check_model` in Python names the same place.',
    source: RUNTIME,
  },
  {
    id: 'runtime/ir-too-new',
    severity: 'error',
    title: 'The runtime reads this version of the format',
    explanation: 'The file is of an IR version that came after the locked runtime.',
    mend: 'Export with an older onnx package, or lower `model.ir_version` before saving where the model uses nothing newer.',
    source: RUNTIME,
  },
  {
    id: 'runtime/locale-missing',
    severity: 'warning',
    title: 'This machine has the locale that the model asks for',
    explanation: 'A StringNormalizer names a locale. The image brings it; without it the model cannot be tried here.',
    mend: 'To try the model here too, install the locale on this machine.',
    source: RUNTIME,
  },
  {
    id: 'runtime/missing-kernel',
    severity: 'error',
    title: 'The runtime has a kernel for every node',
    explanation: 'An operator may be valid and still have no CPU kernel for the types that it is given.',
    mend: 'Export with another opset, or cast around the node to a type that the kernel has.',
    source: RUNTIME,
  },
  {
    id: 'runtime/missing-opset',
    severity: 'error',
    title: 'The model imports an opset for every domain',
    explanation: 'Without its version an operator’s meaning is not known.',
    mend: 'Add the domain’s opset to the model’s `opset_import`.',
    source: RUNTIME,
  },
  {
    id: 'runtime/not-a-model',
    severity: 'error',
    title: 'The file is an ONNX model',
    explanation: 'The runtime could not read the file’s messages.',
    mend: 'Export or download it again. A file from Git LFS may be a pointer of three lines: `git lfs pull` fetches what it stands for.',
    source: RUNTIME,
  },
  {
    id: 'runtime/not-tried',
    severity: 'warning',
    title: 'The model was run',
    explanation:
      'It loads, but none of the inputs that were made up for it suited it, so that nothing was compared or proven.',
    mend: 'Give one case with real inputs under `cases`.',
    source: TRIED,
  },
  {
    id: 'runtime/opset-too-new',
    severity: 'error',
    title: 'The runtime knows the model’s opset',
    explanation: 'The model imports an operator set that came after the locked runtime.',
    mend: 'Export with a lower opset, or name a newer onnxruntime under `runtime.onnxruntime`.',
    source: RUNTIME,
  },
  {
    id: 'runtime/out-of-memory',
    severity: 'error',
    title: 'Trying the model stays within this machine’s memory',
    explanation: 'The process that tried the model wanted more memory than it was given, and was stopped.',
    mend: 'Look for a constant or an intermediate tensor of absurd size; otherwise try on a machine with more memory.',
    source: TRIED,
  },
  {
    id: 'runtime/refused',
    severity: 'error',
    title: 'The runtime loads the model',
    explanation: 'The runtime refuses the model, with a message that is shown as it comes.',
    mend: 'Try the export with another opset, or without graph optimisation by the exporter.',
    source: RUNTIME,
  },
  {
    id: 'runtime/timeout',
    severity: 'error',
    title: 'Loading and running come to an end',
    explanation: 'The process that tried the model took longer than it was given, and was stopped.',
    mend: 'Look for a Loop without a sensible limit, or for tensors of absurd size.',
    source: TRIED,
  },
  {
    id: 'runtime/type-mismatch',
    severity: 'error',
    title: 'Types agree from node to node',
    explanation: 'A node is given a type that its operator does not take, or that was not declared.',
    mend: 'Insert a Cast before the node, or mend the type that the exporter declared.',
    source: RUNTIME,
  },
  {
    id: 'runtime/unknown-operator',
    severity: 'error',
    title: 'The runtime knows every operator',
    explanation: 'An operator is misspelt, newer than the opset that the model imports, or of somebody’s own library.',
    mend: 'Export without custom operators, or carry the operator with the model as a local function.',
    source: RUNTIME,
  },
  {
    id: 'runtime/unsupported-attribute',
    severity: 'error',
    title: 'The runtime’s kernels take the nodes’ attributes',
    explanation:
      'The specification allows recurrent nodes that have the batch first (`layout = 1`); this runtime’s kernels do not.',
    mend: 'Export with `layout = 0`: transpose the sequence to the front before the node.',
    source: RUNTIME,
  },
];
