/** What exporters say when they fail, and what a person should read instead. */
export interface KnownFailure {
  /** Holds against the kind and message, as `Kind: message`. */
  readonly pattern: RegExp;
  readonly code: string;
  /** `$1` and so on stand for what the pattern caught. */
  readonly message: string;
  readonly mend: string;
  /** No other way of the exporter would do better, or it would hide what this one found. */
  readonly isFinal?: true;
}

/** The first that fits counts, so that narrow ones stand before wide ones. */
export const KNOWN_FAILURES: readonly KnownFailure[] = [
  {
    pattern: /FunctionTransformer is not supported/,
    code: 'convert/sklearn-function',
    message: 'a FunctionTransformer calls Python code, which ONNX cannot hold',
    mend: 'Do that step before the model, or write it with a transformer of scikit-learn’s own.',
    isFinal: true,
  },
  {
    pattern: /Unable to find a shape calculator for type '<class '([^']+)'>'/,
    code: 'convert/sklearn-no-converter',
    message: '$1 has no converter to ONNX',
    mend: 'Use an estimator that has one (skl2onnx lists them), or move that step out of the model.',
    isFinal: true,
  },
  {
    pattern: /only tokenizer='word' is fully supported/,
    code: 'convert/sklearn-analyzer',
    message: 'text is split by characters (analyzer char or char_wb), which ONNX has no operator for',
    mend: "Use analyzer='word' in the vectorizer.",
    isFinal: true,
  },
  {
    pattern: /Custom tokenizer cannot be converted/,
    code: 'convert/sklearn-tokenizer',
    message: 'the vectorizer has a tokenizer of your own, which is Python code that ONNX cannot hold',
    mend: 'Say by token_pattern what a word is, and leave tokenizer and preprocessor out.',
    isFinal: true,
  },
  {
    pattern: /No known ways to retrieve the number of classes|NotFittedError|not fitted/,
    code: 'convert/not-fitted',
    message: 'the model was kept before it was fitted',
    mend: 'Call fit before keeping the model.',
    isFinal: true,
  },
  {
    pattern: /Expected an int, got a boolean/,
    code: 'convert/protobuf',
    message: 'this converter does not work with protobuf 7',
    mend: 'Pin protobuf below 7 in your requirements; the project’s own environments do.',
    isFinal: true,
  },
  {
    pattern: /at most 1 input\(s\) is\(are\) supported but we got (\d+)/,
    code: 'convert/sklearn-inputs',
    message: 'the model takes one matrix, and was given $1 columns by themselves',
    mend: 'Fit on an array, or put a ColumnTransformer first.',
    isFinal: true,
  },
  {
    pattern: /Initial types are required/,
    code: 'convert/sklearn-types',
    message: 'the estimator does not say what it takes, so that the exporter has no types for its inputs',
    mend: 'Fit it on an array or a data frame; scikit-learn then remembers how many columns there were.',
    isFinal: true,
  },
  {
    pattern: /Inferred elem type differs from existing elem type/,
    code: 'convert/element-type',
    message: 'the exporter declares 64-bit numbers where its operators give 32 bits',
    mend: 'Give samples as 32-bit floats, or train on such.',
  },
  {
    pattern: /Could not locate (?:class|function) '([^']+)'/,
    code: 'convert/keras-own-layer',
    message: 'the model has a layer or function of your own, $1, whose code the file does not hold',
    mend: 'Export it with model.export(folder), which keeps the layer as operators, and name that folder as the source; or do that step before the model.',
    isFinal: true,
  },
  {
    pattern: /No Op registered for (\w+)/,
    code: 'convert/tensorflow-operators',
    message: 'the operator $1 has no counterpart in ONNX',
    mend: 'Do that step before the model; or keep a Keras model as .keras with its text and lookup layers at the top of the model.',
  },
  {
    pattern: /Only lookup tables of type string/,
    code: 'convert/tensorflow-operators',
    message: 'a lookup of numbers has no counterpart in ONNX, only one of texts has',
    mend: 'Do that step before the model, or look the numbers up as texts (StringLookup).',
  },
  {
    pattern: /KeyError: '?"?keras_tensor_\d+/,
    code: 'convert/keras-route',
    message: 'tf2onnx does not read models of Keras 3 by this way',
    mend: 'Export the model with model.export(folder), and name that folder as the source.',
  },
  {
    pattern:
      /BadZipFile|Failed to read required number|There is no item named|Please ensure the file is an accessible|not a zip file|Truncated|File is not a zip|PytorchStreamReader failed|unexpected end of data|pickle data was truncated|EOFError|UnpicklingError|invalid load key|model format is corrupt|Model format error|truncated file|JSONDecodeError|Model file doesn't/,
    code: 'convert/damaged',
    message: 'the file is damaged, or no such file as its ending says',
    mend: 'Keep the model again, and copy the whole file.',
    isFinal: true,
  },
  {
    pattern: /TracerWarning/,
    code: 'convert/pytorch-control-flow',
    message: 'the module turns a tensor into a Python value, which tracing would freeze',
    mend: 'Keep to operations of torch on tensors, such as torch.where.',
    isFinal: true,
  },
  {
    pattern: /unordered_map::at/,
    code: 'convert/pytorch-tracing',
    message: 'the older exporter of PyTorch fails on this module',
    mend: 'Mend what keeps torch.export.export from following it; the first way’s failure says where.',
  },
  {
    pattern:
      /UnsupportedOperatorError|Unsupported: ONNX export of operator|No decompositions|No ONNX function found for <[^>]*'([^']+)'/,
    code: 'convert/pytorch-operators',
    message: 'an operator of the module has no counterpart in ONNX $1',
    mend: 'Write it with other operations of torch, or do that step outside the model.',
  },
  {
    pattern: /target_opset (\d+) > (\d+)/,
    code: 'convert/opset',
    message: 'opset $1 was asked for, and the exporter knows none above $2',
    mend: 'Use the project’s own environment, or a newer onnx in yours.',
  },
  {
    pattern: /feature names should follow pattern/,
    code: 'convert/xgboost-names',
    message: 'the columns have names that the exporter does not read',
    mend: 'Fit on an array instead of a data frame.',
    isFinal: true,
  },
  {
    pattern: /has never (?:been )?called|You must call|has not been built/,
    code: 'convert/keras-not-built',
    message: 'the Keras model was kept before it had seen any data, so that it has no shapes',
    mend: 'Call or fit the model once before model.save.',
    isFinal: true,
  },
  {
    pattern: /element_shape.*static/,
    code: 'convert/tensorflow-lite',
    message: 'TensorFlow Lite cannot hold a recurrent layer with an open time axis',
    mend: 'Keep the model as .keras or as a SavedModel instead.',
  },
  {
    pattern:
      /Could not guard on data-dependent expression|data-dependent (?:control flow|expression)|GuardOnDataDependentSymNode/,
    code: 'convert/pytorch-control-flow',
    message: 'a Python if or loop depends on the values of a tensor, which tracing cannot follow',
    mend: 'Write it with torch.where, or with torch.cond.',
    isFinal: true,
  },
  {
    pattern: /Constraints violated \(([^)]*)\)/,
    code: 'convert/pytorch-dimension',
    message: 'the module fixes a dimension that was to stay open ($1)',
    mend: 'Return as third value which dimensions are open, without that one; or mend the module where it uses a number of the example.',
  },
  {
    pattern: /libcudart|libcublas/,
    code: 'convert/pytorch-cuda',
    message: 'torch from the package index needs its CUDA packages even where nothing uses them',
    mend: 'Use the project’s own environment, or a CPU build of torch in your requirements.',
    isFinal: true,
  },
  {
    pattern: /ModuleNotFoundError: No module named '([^']+)'/,
    code: 'convert/module',
    message: 'the model needs the Python module $1, which its environment does not have',
    mend: 'Name a file with that package and its hashes with the key "requirements" beside "from", or put the module beside plimsoll.yaml.',
    isFinal: true,
  },
  {
    pattern: /MemoryError|Unable to allocate/,
    code: 'convert/memory',
    message: 'there was not enough memory',
    mend: 'Convert on a machine with more memory.',
    isFinal: true,
  },
];

/** What is known of a failure; `undefined` for one that nobody has met before. */
export function explainFailure(kind: string, message: string): Omit<KnownFailure, 'pattern'> | undefined {
  const text = `${kind}: ${message}`;
  for (const { pattern, message: words, ...facts } of KNOWN_FAILURES) {
    const match = pattern.exec(text);
    if (match) return { ...facts, message: words.replace(/\$(\d)/g, (_, place) => match[Number(place)] ?? '').trim() };
  }
  return undefined;
}
