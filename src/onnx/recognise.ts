import { EXIT, Failure } from '../nouns/failure.ts';
import type { SourceFile } from './source-file.ts';

/** Formats tell themselves in their first bytes; a tar archive at 257. */
const HEAD_BYTES = 512;

interface Format {
  /** What it is, to follow "is". */
  readonly name: string;
  readonly matches: (head: Buffer) => boolean;
  readonly mend: string;
}

const begins =
  (text: string, at = 0) =>
  (head: Buffer): boolean =>
    head.subarray(at, at + text.length).equals(Buffer.from(text, 'latin1'));

const UNPACK = 'Unpack it and give the path of the .onnx file inside.';
const EXPORT_KERAS =
  'Load it in Python and export it with tf2onnx or with model.export(path, format="onnx") of Keras 3.';
const EXPORT_TORCH = 'Load it in Python and export it with torch.onnx.export(model, example_inputs, "model.onnx").';

/** Files whose first bytes no ONNX model has: as protobuf they break at once or begin with a field that models lack. */
const CERTAIN: readonly Format[] = [
  {
    name: 'a Git LFS pointer, not the model itself',
    matches: begins('version https://git-lfs'),
    mend: 'Fetch the model with "git lfs pull", or download it from where it is hosted.',
  },
  {
    name: 'a zip archive, as PyTorch checkpoints and Keras models are',
    matches: begins('PK\x03\x04'),
    mend: 'Of Keras (.keras), skops or torch.export (.pt2), have it converted: plimsoll init with this file, then plimsoll package. A PyTorch checkpoint is exported with torch.onnx.export; else unpack it first.',
  },
  { name: 'compressed with gzip', matches: begins('\x1f\x8b'), mend: 'Unpack it with "gzip -d" first.' },
  { name: 'compressed with xz', matches: begins('\xfd7zXZ\0'), mend: 'Unpack it with "xz -d" first.' },
  { name: 'compressed with zstd', matches: begins('\x28\xb5\x2f\xfd'), mend: 'Unpack it with "zstd -d" first.' },
  { name: 'compressed with bzip2', matches: begins('BZh'), mend: 'Unpack it with "bzip2 -d" first.' },
  { name: 'a 7-Zip archive', matches: begins('7z\xbc\xaf\x27\x1c'), mend: UNPACK },
  { name: 'a tar archive', matches: begins('ustar', 257), mend: UNPACK },
  {
    name: 'a model in the ORT format, which onnxruntime makes from ONNX',
    matches: begins('ORTM', 4),
    mend: 'Give the ONNX file that it was made from; the ORT format cannot be turned back.',
  },
  {
    name: 'a TensorFlow Lite model',
    matches: begins('TFL3', 4),
    mend: 'Have it converted: plimsoll init with this file, then plimsoll package.',
  },
  { name: 'an HDF5 file, as Keras writes', matches: begins('\x89HDF\r\n\x1a\n'), mend: EXPORT_KERAS },
  {
    name: 'a Python pickle, as scikit-learn, joblib and old PyTorch checkpoints are',
    matches: (head) => head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 0) <= 5,
    mend: 'Of scikit-learn, have it converted: plimsoll init with this file, then plimsoll package. Of PyTorch, export it with torch.onnx.export.',
  },
  {
    name: 'a GGUF model, as llama.cpp reads',
    matches: begins('GGUF'),
    mend: 'Export the original model, for instance with "optimum-cli export onnx".',
  },
  { name: 'a NumPy array', matches: begins('\x93NUMPY'), mend: 'Give the model; arrays belong to its cases.' },
  {
    name: 'weights in the safetensors format, without a graph',
    matches: (head) =>
      head.length > 8 && head.readBigUInt64LE(0) < 2n ** 32n && head.subarray(8, 10).toString() === '{"',
    mend: EXPORT_TORCH,
  },
  {
    name: 'a CatBoost model',
    matches: begins('CBM1'),
    mend: 'Save it with model.save_model("model.onnx", format="onnx").',
  },
];

/** Files that may be protobuf to begin with; asked only when there turns out to be no ONNX graph. */
const LIKELY: readonly Format[] = [
  {
    name: 'a TensorFlow SavedModel',
    matches: begins('\x08\x01\x12'),
    mend: 'Convert its folder with "python -m tf2onnx.convert --saved-model FOLDER --output model.onnx".',
  },
  {
    name: 'a page of HTML, as a download that failed leaves',
    matches: (head) => /^\s*<(!doctype html|html)/i.test(head.toString('latin1')),
    mend: 'Download the model again, with what the site asks for, and look at the file before using it.',
  },
  {
    name: 'XML, as OpenVINO and PMML models are',
    matches: (head) => /^\s*<\?xml/.test(head.toString('latin1')),
    mend: 'Export the original model to ONNX; neither format can be turned back.',
  },
  {
    name: 'JSON, as XGBoost and other libraries save models',
    matches: (head) => /^\s*[{[]/.test(head.toString('latin1')) && isText(head),
    mend: 'Load it with the library that wrote it and convert it, XGBoost and LightGBM with onnxmltools.',
  },
  {
    name: 'a LightGBM model as text',
    matches: begins('tree\n'),
    mend: 'Load it with lightgbm.Booster and convert it with onnxmltools.convert_lightgbm.',
  },
  {
    name: 'an ONNX model written as text',
    matches: (head) => /^\s*(<\s*)?ir_version\s*:/.test(head.toString('latin1')),
    mend: 'Save it as bytes: onnx.save(onnx.parser.parse_model(text), "model.onnx").',
  },
  {
    name: 'text',
    matches: (head) => isText(head),
    mend: 'Check the path; a model is a binary file, mostly named .onnx.',
  },
];

/** Throws `onnx/empty` or `onnx/not-onnx` where the first bytes alone say that this is no ONNX model. */
export function assertMayBeOnnx(file: SourceFile): void {
  if (file.identity.bytes === 0) {
    throw new Failure(`${file.identity.path} is empty`, {
      code: 'onnx/empty',
      exit: EXIT.findings,
      mend: 'Export or download the model again; the last attempt left nothing.',
    });
  }
  const head = headOf(file);
  const format = CERTAIN.find(({ matches }) => matches(head));
  if (format) throw refusal(file, format);
}

/** The failure for a file that is no ONNX model: names the format where it is known. */
export function notOnnx(file: SourceFile, cause?: unknown): Failure {
  return refusal(file, recognised(file) ?? UNKNOWN, cause);
}

/** Whether the file is known to be something else. */
export function isForeign(file: SourceFile): boolean {
  return recognised(file) !== undefined;
}

const UNKNOWN: Format = {
  name: 'not an ONNX model: it has no graph',
  matches: () => true,
  mend: 'Check the path, and that the exporter finished; a tensor or a list of operators alone is no model.',
};

function recognised(file: SourceFile): Format | undefined {
  const head = headOf(file);
  return LIKELY.find(({ matches }) => matches(head));
}

function refusal(file: SourceFile, format: Format, cause?: unknown): Failure {
  return new Failure(`${file.identity.path} is ${format.name}; wanted an ONNX model`, {
    code: 'onnx/not-onnx',
    exit: EXIT.findings,
    mend: format.mend,
    cause,
  });
}

function headOf(file: SourceFile): Buffer {
  const head = Buffer.alloc(Math.min(HEAD_BYTES, file.identity.bytes));
  file.fill(head, 0);
  return head;
}

/** Only printable characters, as UTF-8 has them; a character cut by the end of the head is let pass. */
function isText(head: Buffer): boolean {
  const text = head.toString('utf8').replace(/\uFFFD$/, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells bytes from text
  return !/[\x00-\x08\x0e-\x1f\uFFFD]/.test(text);
}
