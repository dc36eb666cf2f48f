import type { Finding, Location, Severity } from '../../nouns/finding.ts';
import { UNFUSE } from '../operators/fused-elsewhere.ts';

/** What was being done when the runtime's answer came. */
export type Phase = 'loading' | 'running';

interface Refusal {
  readonly rule: string;
  readonly severity?: Severity;
  readonly pattern: RegExp;
  readonly say: (found: readonly string[]) => {
    readonly message: string;
    readonly mend: string;
    readonly location?: Location;
  };
}

/**
 * What the runtime says when it will not have a model, and what that means for the one who exported it. The first row that
 * matches counts. The texts are those of onnxruntime 1.30; a newer one's that match no row are shown as they come.
 */
const REFUSALS: readonly Refusal[] = [
  {
    rule: 'runtime/missing-kernel',
    pattern: /Could not find an implementation for (.+?)\((-?\d+)\) node with name '([^']*)'/,
    say: ([operator, version, node]) => missingKernel(operator, version, node),
  },
  {
    rule: 'runtime/missing-kernel',
    pattern: /Failed to find kernel for (.+?)\((-?\d+)\) \(node:'([^']*)'/,
    say: ([operator, version, node]) => missingKernel(operator, version, node),
  },
  {
    rule: 'runtime/opset-too-new',
    pattern: /Opset (\d+) is under development[\s\S]*support for domain (\S+) is till opset (\d+)/,
    say: ([found, domain, newest]) => ({
      message: `the model uses opset ${found} of ${domain}; this runtime knows released opsets up to ${newest}`,
      mend: `Export with opset ${newest} or lower (in PyTorch opset_version=${newest}, in skl2onnx target_opset=${newest}), or name a newer onnxruntime under runtime.onnxruntime.`,
    }),
  },
  {
    rule: 'runtime/ir-too-new',
    pattern: /Unsupported model IR version: (\d+), max supported IR version: (\d+)/,
    say: ([found, newest]) => ({
      message: `the file is of IR version ${found}; this runtime reads up to ${newest}`,
      mend: `Export with an older onnx package, or set model.ir_version = ${newest} before saving where the model uses nothing newer.`,
    }),
  },
  {
    rule: 'runtime/locale-missing',
    severity: 'warning',
    pattern: /Failed to construct locale with name:([^:]+)/,
    say: ([locale]) => ({
      message: `this machine has no locale ${locale}, which the model's StringNormalizer asks for, so the model could not be tried here`,
      mend: `The image brings the locale with it. To try the model here too, install ${locale} on this machine.`,
    }),
  },
  {
    rule: 'runtime/unknown-operator',
    pattern: /Fatal error: (.*):([^:\s]+)\((-?\d+)\) is not a registered function\/op/,
    say: ([domain, operator]) => ({
      message: `the runtime has no operator ${operator} of the domain ${domain || 'ai.onnx'}`,
      mend: 'Export without custom operators, or carry the operator with the model as a local function. Training operators go away when the model is exported for inference.',
    }),
  },
  {
    rule: 'runtime/unknown-operator',
    pattern:
      /In Node, \("([^"]*)", ([^,]+), "([^"]*)"[\s\S]*Error No Op registered for \S+ with domain_version of (-?\d+)/,
    say: ([node, operator, domain, version]) => ({
      message: `there is no operator ${operator} in opset ${version} of the domain ${domain || 'ai.onnx'}`,
      mend: 'Check the spelling of the operator and the opset that the model imports; an operator may be newer than its opset.',
      ...at({ node }),
    }),
  },
  {
    rule: 'runtime/missing-opset',
    pattern: /In Node, \("([^"]*)", ([^,]+), [\s\S]*Error No opset import for domain '?([^'\s]*)'?/,
    say: ([node, operator, domain]) => ({
      message: `the node's operator ${operator} is of the domain ${domain || 'ai.onnx'}, for which the model imports no opset`,
      mend: `Add the opset of ${domain || 'ai.onnx'} to the model's opset_import.`,
      ...at({ node }),
    }),
  },
  {
    rule: 'runtime/binding-type',
    pattern: /Unsupported data type: (\d+)/,
    say: ([type]) => {
      const name = TYPE_NAMES[Number(type)] ?? `number ${type}`;
      return {
        message: `an input or output of the model is of type ${name}, which the runtime's Node binding does not carry`,
        mend: `Add a Cast at the edge of the graph: float in place of bfloat16 and the 8-bit floats, int8 or uint8 in place of the 2-bit integers.`,
      };
    },
  },
  {
    rule: 'runtime/external-data',
    pattern: /External data path validation failed for initializer: (.*?)\. Error: ([\s\S]*)/,
    say: ([tensor, why]) => externalData(tensor, why),
  },
  {
    rule: 'runtime/external-data',
    pattern: /External initializer: (.*?) (offset: [\s\S]*)/,
    say: ([tensor, why]) => externalData(tensor, why),
  },
  {
    rule: 'runtime/external-data',
    pattern:
      /(filesystem error: [\s\S]*|TensorProto external data [\s\S]*|Initializer '.*?' references an ORT in-memory [\s\S]*)/,
    say: ([why]) => externalData(undefined, why),
  },
  {
    rule: 'runtime/not-a-model',
    pattern: /Protobuf parsing failed|ModelProto does not have a graph/,
    say: () => ({
      message: 'the file is not an ONNX model, or it is damaged',
      mend: 'Export or download it again. A file from Git LFS may be a pointer of three lines: git lfs pull fetches what it stands for.',
    }),
  },
  {
    rule: 'runtime/unsupported-attribute',
    pattern: /layout_ == 0 was false/,
    say: () => ({
      message: 'a recurrent node has layout = 1 (batch first), for which this runtime has no kernel',
      mend: 'Export with layout = 0: transpose the sequence to the front before the node.',
    }),
  },
  {
    rule: 'runtime/refused',
    pattern: /running (\w+) node\. Name:'([^']*)'[\s\S]*past_key->DataRaw\(\) == present_key->DataRaw\(\)/,
    say: ([operator, node]) => ({
      message: `the node's ${operator} takes earlier keys and values only where it may write the new ones over them; inputs and outputs of a request have memory of their own`,
      mend: `Export with GroupQueryAttention in place of ${operator}, which writes to its outputs.`,
      ...at({ node }),
    }),
  },
  {
    rule: 'runtime/type-mismatch',
    pattern:
      /Type Error: ([\s\S]*?in(?:put parameter[\s\S]*?in)? node \(([^)]*)\)[\s\S]*|[\s\S]*of node \(([^)]*)\)[\s\S]*)/,
    say: ([why, ...nodes]) => ({
      message: `types do not agree: ${sentence(why)}`,
      mend: 'Insert a Cast before the node, or mend the type that the exporter declared.',
      ...at({ node: nodes.find((name) => name !== undefined) }),
    }),
  },
  {
    rule: 'runtime/out-of-memory',
    pattern: /bad_?alloc|bad allocation|Failed to allocate memory/i,
    say: () => ({
      message: 'the runtime could not get the memory that the model asked for',
      mend: 'Look for a constant or an intermediate tensor of absurd size; otherwise try on a machine with more memory.',
    }),
  },
  {
    rule: 'runtime/invalid-graph',
    pattern: /In Node, \("([^"]*)", ([^,]+), [\s\S]*, Error ([\s\S]*)/,
    say: ([node, operator, why]) => ({
      message: `the node's ${operator} breaks the specification: ${sentence(why)}`,
      mend: 'Mend the export; onnx.checker.check_model in Python names the same place.',
      ...at({ node }),
    }),
  },
  {
    rule: 'runtime/invalid-graph',
    pattern:
      /(graph is not acyclic|Duplicate definition-site[\s\S]*|Invalid model\. [\s\S]*|This is an invalid model\. [\s\S]*|Node \([^)]*\) Op \([^)]*\) \[ShapeInferenceError\][\s\S]*|Out of bounds dimensions[\s\S]*|Model local function [\s\S]*)/,
    say: ([why]) => ({
      message: `the graph breaks the specification: ${sentence(why?.replace(/^(This is an invalid|Invalid) model\. (Error: )?/, ''))}`,
      mend: 'Mend the export; onnx.checker.check_model in Python names the same place.',
    }),
  },
];

/** By number of `TensorProto.DataType`: those that the binding has no name for. */
const TYPE_NAMES: Readonly<Record<number, string>> = {
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  23: 'float4e2m1',
  24: 'uint2',
  25: 'int2',
  26: 'float8e8m0',
};

/** What a refusal of the runtime means, as a finding about the model in `file`. */
export function explainRefusal(
  refusal: string,
  { file, phase }: { readonly file: string; readonly phase: Phase },
): Finding {
  const text = withoutSourcePlaces(refusal);
  for (const { rule, severity = 'error', pattern, say } of REFUSALS) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const { message, mend, location } = say(match.slice(1));
    return { rule, severity, message, mend, location: { file, ...location } };
  }
  return {
    rule: 'runtime/refused',
    severity: 'error',
    message: `the runtime will not ${phase === 'loading' ? 'load' : 'run'} the model: ${sentence(text)}`,
    mend: "The message is the runtime's own; try the export with another opset, or without graph optimisation by the exporter.",
    location: { file },
  };
}

function missingKernel(operator: string | undefined, version: string | undefined, node: string | undefined) {
  return {
    message: `the runtime has no CPU kernel for ${operator} of opset ${version} with the types of this node`,
    mend: `Export with another opset, or cast around the node to a type that the kernel has; plimsoll inspect shows which types ${operator} comes with. ${UNFUSE}`,
    ...at({ node }),
  };
}

function externalData(tensor: string | undefined, why: string | undefined) {
  return {
    message: `weights outside the model's file cannot be read: ${sentence(why)}`,
    mend: 'Put the data files where the model names them, below its own folder, whole and unrenamed; or save the model again with onnx.save.',
    ...at({ tensor }),
  };
}

/** A location, where there is something to name. */
function at(place: { readonly node?: string | undefined; readonly tensor?: string | undefined }): {
  readonly location?: Location;
} {
  const named = Object.entries(place).filter(([, name]) => name !== undefined && name !== '');
  return named.length === 0 ? {} : { location: Object.fromEntries(named) };
}

/** Leaves out the file, line and signature in the runtime's own sources, and the path that it was told to load. */
function withoutSourcePlaces(text: string): string {
  return text
    .replace(/^(Load model from .*? failed:|Exception during initialization: |Fatal error: (?!.*registered))/, '')
    .replace(/\S*onnxruntime\/core\/\S+:\d+ (?:[^\n]*?\)(?:::<lambda\(\)>)? (?=[A-Z\w[]))?/g, '')
    .replace(/\b\w+\.cc:\d+ \w+ /g, '')
    .trim();
}

const LONGEST_QUOTE = 400;

function sentence(text: string | undefined): string {
  const line = (text ?? '').trim().replace(/\s+/g, ' ').replace(/\.$/, '');
  return line.length <= LONGEST_QUOTE ? line : `${line.slice(0, LONGEST_QUOTE)}…`;
}
