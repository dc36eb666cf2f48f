import assert from 'node:assert/strict';
import { explainRefusal } from '../../../src/validate/runtime/refusals.ts';

interface Row {
  /** As onnxruntime-node 1.30.0 said it, for a model of the public corpus or one made for the case. */
  readonly refusal: string;
  readonly rule: string;
  readonly message: RegExp;
  readonly place?: { readonly node?: string; readonly tensor?: string };
}

const GRAPH_CC =
  '/onnxruntime_src/onnxruntime/core/graph/graph.cc:1555 void onnxruntime::Graph::InitializeStateFromModelFileGraphProto() ';

const ROWS: readonly Row[] = [
  {
    refusal: "Could not find an implementation for Add(1) node with name 'add'",
    rule: 'runtime/missing-kernel',
    message: /no CPU kernel for Add of opset 1 /,
    place: { node: 'add' },
  },
  {
    refusal:
      "Failed to find kernel for Cast(25) (node:'' ep:'CPUExecutionProvider'). Op with name () domain () and type (Cast) kernel is not supported in CPUExecutionProvider.",
    rule: 'runtime/missing-kernel',
    message: /no CPU kernel for Cast of opset 25 /,
  },
  {
    refusal:
      'Load model from m.onnx failed:/onnxruntime_src/onnxruntime/core/graph/model_load_utils.h:46 void onnxruntime::model_load_utils::ValidateOpsetForDomain(int) ONNX Runtime only *guarantees* support for models stamped with official released onnx opset versions. Opset 27 is under development and support for this is limited. The operator schemas and or other functionality may change before next ONNX release and in this case ONNX Runtime will not guarantee backward compatibility. Current official support for domain ai.onnx is till opset 26.\n',
    rule: 'runtime/opset-too-new',
    message: /opset 27 of ai\.onnx; this runtime knows released opsets up to 26$/,
  },
  {
    refusal:
      'Load model from m.onnx failed:/onnxruntime_src/onnxruntime/core/graph/model.cc:202 onnxruntime::Model::Model(onnx::ModelProto&&, const onnxruntime::ModelOptions&) Unsupported model IR version: 99, max supported IR version: 13\n',
    rule: 'runtime/ir-too-new',
    message: /IR version 99; this runtime reads up to 13$/,
  },
  {
    refusal:
      'Exception during initialization: /onnxruntime_src/onnxruntime/core/providers/cpu/text/string_normalizer.cc:235 onnxruntime::StringNormalizer::Locale::Locale(const std::string&)::<lambda()> Failed to construct locale with name:en_US.UTF-8:locale::facet::_S_create_c_locale name not valid:Please, install necessary language-pack-XX and configure locales\n',
    rule: 'runtime/locale-missing',
    message: /no locale en_US\.UTF-8,/,
  },
  {
    refusal: 'Load model from m.onnx failed:Fatal error: com.acme:Foo(-1) is not a registered function/op',
    rule: 'runtime/unknown-operator',
    message: /no operator Foo of the domain com\.acme$/,
  },
  {
    refusal:
      'Load model from m.onnx failed:This is an invalid model. In Node, ("n0", Frobnicate, "", -1) : ("x": tensor(float),) -> ("y": tensor(float),) , Error No Op registered for Frobnicate with domain_version of 21',
    rule: 'runtime/unknown-operator',
    message: /no operator Frobnicate in opset 21 of the domain ai\.onnx$/,
    place: { node: 'n0' },
  },
  {
    refusal:
      'Load model from m.onnx failed:This is an invalid model. In Node, ("", Foo, "com.acme", -1) : ("x": tensor(float),) -> ("y": tensor(float),) , Error No opset import for domain \'com.acme\'',
    rule: 'runtime/missing-opset',
    message: /Foo is of the domain com\.acme, for which the model imports no opset$/,
  },
  { refusal: 'Unsupported data type: 16', rule: 'runtime/binding-type', message: /type bfloat16,/ },
  { refusal: 'Unsupported data type: 77', rule: 'runtime/binding-type', message: /type number 77,/ },
  {
    refusal:
      'External data path validation failed for initializer: w. Error: tensorprotoutils.cc:461 ValidateExternalDataPathFromDir External data path does not exist: "gone.bin"',
    rule: 'runtime/external-data',
    message: /cannot be read: External data path does not exist: "gone\.bin"$/,
    place: { tensor: 'w' },
  },
  {
    refusal:
      'Exception during initialization: /onnxruntime_src/onnxruntime/core/optimizer/initializer.cc:51 onnxruntime::Initializer::Initializer(const onnx::TensorProto&, const std::filesystem::__cxx11::path&) [ONNXRuntimeError] : 1 : FAIL : tensorprotoutils.cc:1763 GetExtDataFromTensorProto External initializer: w offset: 0 size to read: 24 given file_length: 8 are out of bounds or can not be read in full.\n',
    rule: 'runtime/external-data',
    message: /offset: 0 size to read: 24 given file_length: 8/,
    place: { tensor: 'w' },
  },
  {
    refusal: 'Load model from m.onnx failed:Protobuf parsing failed.',
    rule: 'runtime/not-a-model',
    message: /not an ONNX model/,
  },
  {
    refusal:
      'Exception during initialization: /onnxruntime_src/onnxruntime/core/providers/cpu/rnn/lstm_base.h:53 onnxruntime::LSTMBase::LSTMBase(const onnxruntime::OpKernelInfo&) layout_ == 0 was false. Batchwise recurrent operations (layout == 1) are not supported.',
    rule: 'runtime/unsupported-attribute',
    message: /layout = 1/,
  },
  {
    refusal:
      'Load model from m.onnx failed:Type Error: Type parameter (T) of Optype (Add) bound to different types (tensor(float) and tensor(int64) in node (sum).',
    rule: 'runtime/type-mismatch',
    message: /tensor\(float\) and tensor\(int64\)/,
    place: { node: 'sum' },
  },
  {
    refusal:
      "Load model from m.onnx failed:This is an invalid model. Type Error: Type 'tensor(int64)' of input parameter (x) of operator (Sin) in node (wave) is invalid.",
    rule: 'runtime/type-mismatch',
    message: /'tensor\(int64\)' of input parameter \(x\) of operator \(Sin\)/,
    place: { node: 'wave' },
  },
  {
    refusal:
      "Non-zero status code returned while running SparseAttention node. Name:'layers.0/attn' Status Message: /onnxruntime_src/onnxruntime/contrib_ops/cpu/sparse/sparse_attention.cc:182 onnxruntime::common::Status onnxruntime::contrib::SparseAttention<T>::Compute(onnxruntime::OpKernelContext*) const [with T = float] past_key->DataRaw() == present_key->DataRaw() && past_value->DataRaw() == present_value->DataRaw() was false. \n",
    rule: 'runtime/refused',
    message: /SparseAttention takes earlier keys and values only where it may write the new ones over them/,
    place: { node: 'layers.0/attn' },
  },
  {
    refusal: "Non-zero status code returned while running ConstantOfShape node. Name:'' Status Message: std::bad_alloc",
    rule: 'runtime/out-of-memory',
    message: /could not get the memory/,
  },
  {
    refusal:
      'Load model from m.onnx failed:This is an invalid model. In Node, ("joint", Concat, "", -1) : ("x": tensor(float),"x": tensor(float),) -> ("y": tensor(float),) , Error Required attribute \'axis\' is missing.',
    rule: 'runtime/invalid-graph',
    message: /Concat breaks the specification: Required attribute 'axis' is missing$/,
    place: { node: 'joint' },
  },
  {
    refusal: `Load model from m.onnx failed:${GRAPH_CC}This is an invalid model. Graph output (y) does not exist in the graph.\n`,
    rule: 'runtime/invalid-graph',
    message: /breaks the specification: Graph output \(y\) does not exist in the graph$/,
  },
  {
    refusal: 'Load model from m.onnx failed:This is an invalid model. Error: the graph is not acyclic.',
    rule: 'runtime/invalid-graph',
    message: /the graph is not acyclic$/,
  },
];

const loading = { file: 'm.onnx', phase: 'loading' } as const;

describe('What the runtime says when it refuses a model', () => {
  for (const { refusal, rule, message, place = {} } of ROWS) {
    it(`becomes ${rule}: ${message.source.slice(0, 60)}`, () => {
      const finding = explainRefusal(refusal, loading);
      assert.equal(finding.rule, rule);
      assert.match(finding.message, message);
      assert.doesNotMatch(finding.message, /onnxruntime_src|Load model from/);
      assert.deepEqual(finding.location, { file: 'm.onnx', ...place });
      assert.ok(finding.mend.endsWith('.'));
    });
  }

  it('is shown as it comes where no row knows it, cut to a readable length', () => {
    const finding = explainRefusal(`Load model from m.onnx failed:${'something new '.repeat(100)}`, loading);
    assert.equal(finding.rule, 'runtime/refused');
    assert.match(finding.message, /^the runtime will not load the model: something new something new/);
    assert.ok(finding.message.length < 500);
  });

  it('is told apart where the model loads and does not run', () => {
    const { message } = explainRefusal('shapes mismatch', { ...loading, phase: 'running' });
    assert.equal(message, 'the runtime will not run the model: shapes mismatch');
  });

  it('is no error of the model where only a locale of this machine is missing', () => {
    assert.equal(explainRefusal('Failed to construct locale with name:de_DE.UTF-8:x', loading).severity, 'warning');
  });
});
