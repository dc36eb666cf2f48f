import assert from 'node:assert/strict';
import { explainFailure } from '../../src/convert/known-failures.ts';

/** As the exporters print them: kind, message, and the code under which a person finds help. */
const SEEN: readonly (readonly [string, string, string])[] = [
  [
    'RuntimeError',
    'FunctionTransformer is not supported unless the transform function is None (= identity).',
    'convert/sklearn-function',
  ],
  [
    'MissingShapeCalculator',
    "Unable to find a shape calculator for type '<class '__main__.Clipper'>'.",
    'convert/sklearn-no-converter',
  ],
  [
    'NotImplementedError',
    "CountVectorizer cannot be converted, only tokenizer='word' is fully supported.",
    'convert/sklearn-analyzer',
  ],
  ['NotImplementedError', 'Custom tokenizer cannot be converted into ONNX.', 'convert/sklearn-tokenizer'],
  [
    'RuntimeError',
    'No known ways to retrieve the number of classes for class <LogisticRegression>.',
    'convert/not-fitted',
  ],
  ['TypeError', 'Field onnx.AttributeProto.ints: Expected an int, got a boolean.', 'convert/protobuf'],
  [
    'InvalidInputLengthException',
    'For operator X at most 1 input(s) is(are) supported but we got 5 input(s)',
    'convert/sklearn-inputs',
  ],
  [
    'RuntimeError',
    'Parameter target_opset 29 > 28 is higher than the version of the installed onnx package.',
    'convert/opset',
  ],
  ['RuntimeError', "Unable to interpret 's5', feature names should follow pattern 'f%d'.", 'convert/xgboost-names'],
  ['ValueError', 'The model provided has never called.', 'convert/keras-not-built'],
  [
    'RuntimeError',
    "'tf.TensorListReserve' op requires element_shape to be static during TF Lite transformation pass",
    'convert/tensorflow-lite',
  ],
  ['TorchExportError', 'Could not guard on data-dependent expression Eq(u0, 1)', 'convert/pytorch-control-flow'],
  ['OSError', 'libcudart.so.13: cannot open shared object file', 'convert/pytorch-cuda'],
  ['ModuleNotFoundError', "No module named 'category_encoders'", 'convert/module'],
  ['ModuleNotFoundError', "No module named 'setuptools'", 'convert/module'],
  ['ValueError', 'Initial types are required.', 'convert/sklearn-types'],
  [
    'InferenceError',
    '[ShapeInferenceError] ... [TypeInferenceError] Inferred elem type differs from existing elem type: (1) vs (11)',
    'convert/element-type',
  ],
  [
    'ValidationError',
    'No Op registered for LookupTableFindV2 with domain_version of 15',
    'convert/tensorflow-operators',
  ],
  ['KeyError', "KeyError: 'keras_tensor_100'", 'convert/keras-route'],
  [
    'TypeError',
    "Could not locate class 'Doubled'. Make sure custom classes and functions are decorated",
    'convert/keras-own-layer',
  ],
  ['IndexError', 'unordered_map::at', 'convert/pytorch-tracing'],
  [
    'TracerWarning',
    'Converting a tensor to a Python boolean might cause the trace to be incorrect.',
    'convert/pytorch-control-flow',
  ],
  ['BadZipFile', 'File is not a zip file', 'convert/damaged'],
  ['UnpicklingError', 'pickle data was truncated', 'convert/damaged'],
];

describe('A failure of an exporter', () => {
  for (const [kind, message, code] of SEEN) {
    it(`is explained: ${kind}: ${message.slice(0, 60)}`, () => {
      assert.equal(explainFailure(kind, message)?.code, code);
    });
  }

  it('names what it is about', () => {
    const clipper = explainFailure(
      'MissingShapeCalculator',
      "Unable to find a shape calculator for type '<class 'Clipper'>'.",
    );
    assert.equal(clipper?.message, 'Clipper has no converter to ONNX');
  });

  it('that nobody has met is left as it is', () => {
    assert.equal(explainFailure('ValueError', 'something new'), undefined);
  });
});
