/** What exporters say when they fail, and what a person should read instead. */
export interface KnownFailure {
  /** Holds against the kind and message, as `Kind: message`. */
  readonly pattern: RegExp;
  readonly code: string;
  /** `$1` and so on stand for what the pattern caught. */
  readonly message: string;
  readonly mend: string;
}

/** The first that fits counts, so that narrow ones stand before wide ones. */
export const KNOWN_FAILURES: readonly KnownFailure[] = [
  {
    pattern: /FunctionTransformer is not supported/,
    code: 'convert/sklearn-function',
    message: 'a FunctionTransformer calls Python code, which ONNX cannot hold',
    mend: 'Do that step before the model, or write it with a transformer of scikit-learn’s own.',
  },
  {
    pattern: /Unable to find a shape calculator for type '<class '([^']+)'>'/,
    code: 'convert/sklearn-no-converter',
    message: '$1 has no converter to ONNX',
    mend: 'Use an estimator that has one (skl2onnx lists them), or move that step out of the model.',
  },
  {
    pattern: /only tokenizer='word' is fully supported/,
    code: 'convert/sklearn-analyzer',
    message: 'text is split by characters (analyzer char or char_wb), which ONNX has no operator for',
    mend: "Use analyzer='word' in the vectorizer.",
  },
  {
    pattern: /Custom tokenizer cannot be converted/,
    code: 'convert/sklearn-tokenizer',
    message: 'the vectorizer has a tokenizer of your own, which is Python code that ONNX cannot hold',
    mend: 'Say by token_pattern what a word is, and leave tokenizer and preprocessor out.',
  },
  {
    pattern: /No known ways to retrieve the number of classes|NotFittedError|not fitted/,
    code: 'convert/not-fitted',
    message: 'the model was kept before it was fitted',
    mend: 'Call fit before keeping the model.',
  },
  {
    pattern: /Expected an int, got a boolean/,
    code: 'convert/protobuf',
    message: 'this converter does not work with protobuf 7',
    mend: 'Pin protobuf below 7 in your requirements; the project’s own environments do.',
  },
  {
    pattern: /at most 1 input\(s\) is\(are\) supported but we got (\d+)/,
    code: 'convert/sklearn-inputs',
    message: 'the model takes one matrix, and was given $1 columns by themselves',
    mend: 'Fit on an array, or put a ColumnTransformer first.',
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
  },
  {
    pattern: /has never (?:been )?called|You must call|has not been built/,
    code: 'convert/keras-not-built',
    message: 'the Keras model was kept before it had seen any data, so that it has no shapes',
    mend: 'Call or fit the model once before model.save.',
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
  },
  {
    pattern: /ModuleNotFoundError: No module named '([^']+)'/,
    code: 'convert/module',
    message: 'the model needs the Python module $1, which its environment does not have',
    mend: 'Name a file with that package and its hashes with the key "requirements" beside "from", or put the module beside plimsoll.yaml.',
  },
  {
    pattern: /MemoryError|Unable to allocate/,
    code: 'convert/memory',
    message: 'there was not enough memory',
    mend: 'Convert on a machine with more memory.',
  },
];

/** What is known of a failure; `undefined` for one that nobody has met before. */
export function explainFailure(kind: string, message: string): Omit<KnownFailure, 'pattern'> | undefined {
  const text = `${kind}: ${message}`;
  for (const { pattern, code, message: words, mend } of KNOWN_FAILURES) {
    const match = pattern.exec(text);
    if (match) return { code, message: words.replace(/\$(\d)/g, (_, place) => match[Number(place)] ?? ''), mend };
  }
  return undefined;
}
