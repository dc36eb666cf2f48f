"""Records the real type and shape of every value in a set of models, for bench/shape-oracle.ts.

    python scripts/record-shape-oracles.py CORPUS OUT

Needs onnx, onnxruntime and numpy. For each model below CORPUS, and for a few that are built here, OUT gets the model as it is and as
onnxruntime optimises it at level `extended`, each with `NAME.shapes.json`: the shapes that the inputs were fed with and
what every value turned out to be when each of them was fetched from a run without further optimisation. The archive
recorded-shapes.tar.gz in OUT is what test/validate/shapes/fixtures keeps.
"""

import gzip
import io
import json
import os
import sys
import tarfile

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

BATCH = 2
# Sizes for names that say what they are, and for all others; the next one is tried where a model cannot take the first.
SIZES = {"height": 64, "width": 64}
OTHERS = (7, 512, 1)
LARGEST_ELEMENTS = 40_000_000

FEEDABLE = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(int16)": np.int16,
    "tensor(int8)": np.int8,
    "tensor(uint8)": np.uint8,
    "tensor(uint16)": np.uint16,
    "tensor(bool)": np.bool_,
    "tensor(string)": np.object_,
}


def main(corpus, out):
    os.makedirs(out, exist_ok=True)
    counts = {"recorded": 0, "refused": 0}
    for name, path in list(corpus_models(corpus)) + list(built_models(out)) + list(contributed_models(out)):
        for suffix, make in (("", plain), (".optimised", optimised)):
            if suffix and name.startswith("contributed_"):
                continue
            target = os.path.join(out, name + suffix + ".onnx")
            try:
                make(path, target)
                record_with_any(target)
                counts["recorded"] += 1
            except Exception as error:  # the runtime's word on a broken or foreign model
                counts["refused"] += 1
                print("refused", name + suffix, str(error).replace("\n", " ")[:160])
                if os.path.exists(target):
                    os.remove(target)
    bundle(out)
    print(counts)


def bundle(out):
    """The small ones, which the tests carry: everything built here, in one archive that is the same each time."""
    names = [name for name in sorted(os.listdir(out)) if name.startswith(("built_", "contributed_")) and ".source." not in name]
    with gzip.GzipFile(os.path.join(out, "recorded-shapes.tar.gz"), "wb", mtime=0) as zipped:
        with tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name in names:
                if name.startswith("built_") and ".optimised." not in name:
                    continue
                with open(os.path.join(out, name), "rb") as file:
                    content = file.read()
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))


def corpus_models(corpus):
    for folder in ("models", "ort", "onnx-backend/light"):
        for root, _, files in os.walk(os.path.join(corpus, folder)):
            for file in sorted(files):
                if file.endswith(".onnx"):
                    path = os.path.join(root, file)
                    yield os.path.relpath(path, corpus).replace("/", "__")[:-5], path


def plain(path, target):
    onnx.save(onnx.load(path), target)


def optimised(path, target):
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = target
    options.log_severity_level = 4
    ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def record_with_any(target):
    for other in OTHERS:
        try:
            return record(target, other)
        except Exception as error:
            failure = error
    raise failure


def record(target, other):
    model = onnx.load(target)
    feeds = feeds_for(target, other)
    names = fetchable(model)
    declared = {value.name for value in model.graph.output}
    for name in names:
        if name not in declared:
            model.graph.output.append(onnx.ValueInfoProto(name=name))
    session = open_session(model.SerializeToString())
    kinds = {value.name: value.type for value in session.get_outputs()}
    values = {}
    wanted = [name for name in kinds]
    for name, value in zip(wanted, session.run(wanted, feeds)):
        if kinds[name].startswith("tensor("):
            values[name] = [kinds[name][7:-1], list(np.shape(value))]
    facts = {"inputs": {name: list(np.shape(value)) for name, value in feeds.items()}, "values": values}
    with open(target[:-5] + ".shapes.json", "w") as file:
        json.dump(facts, file, separators=(",", ":"), sort_keys=True)


def open_session(model):
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def fetchable(model):
    return [name for node in model.graph.node for name in node.output if name]


def feeds_for(path, other=OTHERS[0]):
    random = np.random.default_rng(0)
    feeds = {}
    for value in open_session(path).get_inputs():
        shape = [size if isinstance(size, int) and size > 0 else size_for(size, other, axis) for axis, size in enumerate(value.shape)]
        if int(np.prod(shape)) > LARGEST_ELEMENTS:
            raise ValueError("an input is too large to record")
        feeds[value.name] = synthesise(value, shape, random)
    return feeds


def size_for(name, other, axis):
    """Names are sizes wherever they stand, sums of names are sums; dimensions without a name go by their place."""
    if not isinstance(name, str):
        return BATCH if axis == 0 else other
    if "+" in name:
        return sum(int(part) if part.strip().isdigit() else size_for(part, other, axis) for part in name.split("+"))
    for part, size in SIZES.items():
        if part in name.lower():
            return size
    return BATCH if "batch" in name.lower() else other


def synthesise(value, shape, random):
    kind = FEEDABLE[value.type]
    if kind is np.object_:
        return np.array(["a b"] * int(np.prod(shape)), dtype=object).reshape(shape)
    if np.issubdtype(kind, np.floating):
        return random.random(shape).astype(kind)
    if "sample" in value.name or value.name == "sr":
        return np.full(shape, 16000, kind)
    return np.ones(shape, kind)


def built_models(out):
    for name, model in (("bert", small_bert()), ("cnn", small_cnn()), ("mlp", small_mlp()), ("dynamic_reshape", dynamic_reshape())):
        path = os.path.join(out, "built_" + name + ".source.onnx")
        onnx.save(model, path)
        yield "built_" + name, path
        yield from quantized(name, path, out)


def quantized(name, path, out):
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_dynamic, quantize_static

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.left = [feeds_for(path), feeds_for(path)]

        def get_next(self):
            return self.left.pop() if self.left else None

    for suffix, make in (
        ("dynamic", lambda target: quantize_dynamic(path, target)),
        ("qdq", lambda target: quantize_static(path, target, Reader(), quant_format=QuantFormat.QDQ)),
        ("qoperator", lambda target: quantize_static(path, target, Reader(), quant_format=QuantFormat.QOperator)),
    ):
        target = os.path.join(out, f"built_{name}_{suffix}.source.onnx")
        try:
            make(target)
        except Exception as error:
            print("not quantized", name, suffix, str(error)[:120])
            continue
        yield f"built_{name}_{suffix}", target


# Operators of com.microsoft that the processor can run, by themselves: inputs as type and shape or as constants, attributes, and the
# number of outputs.
F, H, U8, I8, I32, I64, STRING = "float", "float16", "uint8", "int8", "int32", "int64", "string"
SCALE, ZERO_U8, ZERO_I8 = np.float32(0.5), np.uint8(0), np.int8(0)


def contributed():
    q = lambda *shape: [(U8, shape), SCALE, ZERO_U8]
    yield "BiasGelu", [(F, (2, 3, 8)), (F, (8,))], {}, 1
    yield "BiasSoftmax", [(F, (2, 3, 8)), (F, (2, 1, 8))], {"axis": 2, "is_inner_broadcast": 0}, 1
    yield "BiasDropout", [(F, (2, 3, 8)), (F, (8,))], {}, 2
    yield "FastGelu", [(F, (2, 3, 8)), (F, (8,))], {}, 1
    yield "QuickGelu", [(F, (2, 3, 8))], {}, 1
    yield "Inverse", [(np.tile(np.eye(3, dtype=np.float32), (2, 1, 1)))], {}, 1
    yield "Trilu", [(F, (2, 3, 4))], {}, 1
    yield "MurmurHash3", [(I32, (3, 2))], {}, 1
    yield "IsAllFinite", [(F, (3, 2)), (F, (4,))], {}, 1
    yield "CDist", [(F, (3, 4)), (F, (5, 4))], {"metric": "euclidean"}, 1
    yield "ExpandDims", [(F, (3, 4)), np.int32(1)], {}, 1
    yield "Range", [np.float32(1), np.float32(10), np.float32(2)], {}, 1
    yield "Pad", [(F, (3, 4)), np.array([0, 1, 2, 3])], {}, 1
    yield "GatherND", [(F, (3, 4, 5)), np.array([[0, 1], [2, 3]])], {}, 1
    yield "Unique", [np.array([1, 2, 2, 3], np.float32)], {}, 3
    yield "UnfoldTensor", [(F, (2, 10))], {"dim": 1, "size": 4, "step": 3}, 1
    yield "Rfft", [(F, (2, 10))], {"signal_ndim": 1, "normalized": 0, "onesided": 1}, 1
    yield "Tokenizer", [(STRING, (3,))], {"separators": [" "], "pad_value": "#", "mincharnum": 1, "mark": 1}, 1
    yield "WordConvEmbedding", [(I32, (4, 3, 6)), (F, (5, 1, 2, 7)), (F, (5,)), (F, (20, 7))], {"conv_window_size": 2, "embedding_size": 5, "char_embedding_size": 7}, 1
    yield "CropAndResize", [(F, (2, 3, 8, 8)), (F, (4, 4)), np.zeros(4, np.int32), np.array([5, 6], np.int32)], {}, 1
    yield "GridSample", [(F, (2, 3, 8, 8)), (F, (2, 4, 5, 2))], {}, 1
    yield "MaxpoolWithMask", [(F, (2, 3, 8, 8)), (I32, (2, 3, 8, 8))], {"kernel_shape": [3, 3], "strides": [2, 2]}, 1
    yield "FusedConv", [(F, (2, 3, 8, 9)), (F, (4, 3, 3, 3)), (F, (4,))], {"activation": "Relu", "strides": [2, 2], "pads": [1, 1, 1, 1]}, 1
    yield "NhwcMaxPool", [(U8, (2, 8, 9, 3))], {"kernel_shape": [3, 3], "strides": [2, 2]}, 1
    yield "ConvTransposeWithDynamicPads", [(F, (2, 3, 8, 9)), (F, (3, 4, 3, 3)), np.array([1, 1, 1, 1])], {"strides": [2, 2]}, 1
    yield "FusedGemm", [(F, (3, 2)), (F, (3, 4)), (F, (4,))], {"activation": "Relu", "transA": 1}, 1
    yield "FusedMatMul", [(F, (2, 3, 4, 5)), (F, (2, 3, 6, 5))], {"transB": 1, "alpha": 0.5}, 1
    yield "FusedMatMul", [(F, (4, 2, 3, 5)), (F, (2, 3, 5, 6))], {"transBatchA": 1}, 1
    yield "FusedMatMul", [(F, (5, 2, 3, 4)), (F, (6, 2, 3, 5))], {"transBatchA": 1, "transA": 1, "transBatchB": 1, "transB": 1}, 1
    yield "TransposeMatMul", [(F, (2, 3, 5)), (F, (2, 3, 6))], {"transA": 1}, 1
    yield "MatMulInteger16", [("int16", (3, 4)), ("int16", (4, 5))], {}, 1
    yield "MatMulIntegerToFloat", [(U8, (2, 3, 4)), (U8, (4, 5)), SCALE, SCALE], {}, 1
    yield "DynamicQuantizeMatMul", [(F, (2, 3, 4)), (U8, (4, 5)), SCALE, ZERO_U8], {}, 1
    yield "QGemm", q(3, 4) + [(U8, (4, 5)), SCALE, ZERO_U8, None, SCALE, ZERO_U8], {}, 1
    yield "QGemm", q(3, 4) + [(U8, (5, 4)), SCALE, ZERO_U8], {"transB": 1}, 1
    yield "MatMulNBits", [(F, (2, 3, 32)), np.zeros((5, 2, 8), np.uint8), np.ones(10, np.float32)], {"K": 32, "N": 5, "bits": 4, "block_size": 16}, 1
    yield "MatMulBnb4", [(F, (2, 3, 32)), np.zeros(80, np.uint8), np.ones(10, np.float32)], {"K": 32, "N": 5, "quant_type": 1, "block_size": 16}, 1
    yield "GatherBlockQuantized", [np.zeros((6, 16), np.uint8), np.array([[1, 2, 3]]), np.ones((6, 2), np.float32)], {"gather_axis": 0, "quantize_axis": 1, "block_size": 16, "bits": 4}, 1
    yield "QLinearAdd", q(2, 3, 4) + q(1, 4) + [SCALE, ZERO_U8], {}, 1
    yield "QLinearMul", q(2, 3, 4) + q(3, 1) + [SCALE, ZERO_U8], {}, 1
    yield "QLinearLeakyRelu", q(2, 3) + [SCALE, ZERO_U8], {"alpha": 0.1}, 1
    yield "QLinearSigmoid", q(2, 3) + [SCALE, ZERO_U8], {}, 1
    yield "QLinearSoftmax", q(2, 3) + [SCALE, ZERO_U8], {"axis": -1, "opset": 13}, 1
    yield "QLinearConcat", [SCALE, ZERO_U8] + q(2, 3) + q(2, 4), {"axis": 1}, 1
    yield "QLinearWhere", [("bool", (2, 1))] + q(2, 3) + q(1, 3) + [SCALE, ZERO_U8], {}, 1
    yield "QLinearAveragePool", q(2, 3, 8, 9) + [SCALE, ZERO_U8], {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}, 1
    yield "QLinearAveragePool", q(2, 8, 9, 3) + [SCALE, ZERO_U8], {"kernel_shape": [3, 3], "channels_last": 1}, 1
    yield "QLinearGlobalAveragePool", q(2, 3, 8, 9) + [SCALE, ZERO_U8], {}, 1
    yield "QLinearGlobalAveragePool", q(2, 8, 9, 3) + [SCALE, ZERO_U8], {"channels_last": 1}, 1
    yield "QLinearConv", q(2, 8, 9, 3) + [(U8, (4, 3, 3, 3)), SCALE, ZERO_U8, SCALE, ZERO_U8], {"channels_last": 1, "pads": [1, 1, 1, 1]}, 1
    yield "QLinearReduceMean", q(2, 3, 4) + [SCALE, ZERO_U8], {"axes": [1], "keepdims": 0}, 1
    yield "ReduceSumInteger", [(U8, (2, 3, 4))], {"axes": [1]}, 1
    yield "QuantizeLinear", [(F, (2, 3)), SCALE, ZERO_I8], {}, 1
    yield "DequantizeLinear", [(U8, (2, 3)), SCALE, ZERO_U8], {}, 1
    yield "SkipLayerNormalization", [(F, (2, 3, 8)), (F, (2, 3, 8)), (F, (8,)), (F, (8,))], {}, 4
    yield "SkipSimplifiedLayerNormalization", [(F, (2, 3, 8)), (F, (2, 3, 8)), (F, (8,))], {}, 4
    yield "EmbedLayerNormalization", [(I32, (2, 3)), (I32, (2, 3)), (F, (9, 8)), (F, (9, 8)), (F, (9, 8)), (F, (8,)), (F, (8,)), (I32, (2, 3))], {}, 3
    yield "Attention", [(F, (2, 3, 8)), (F, (8, 24)), (F, (24,))], {"num_heads": 2}, 1
    yield "Attention", [(F, (2, 3, 8)), (F, (8, 24)), (F, (24,)), None, (F, (2, 2, 2, 5, 4))], {"num_heads": 2, "unidirectional": 1}, 2
    yield "Attention", [(F, (2, 3, 8)), (F, (8, 20)), (F, (20,))], {"num_heads": 2, "qkv_hidden_sizes": [8, 8, 4]}, 1
    yield "QAttention", [(U8, (2, 3, 8)), (U8, (8, 24)), (F, (24,)), SCALE, SCALE, None, ZERO_U8, ZERO_U8, (F, (2, 2, 2, 5, 4))], {"num_heads": 2, "unidirectional": 1}, 2
    yield "MultiHeadAttention", [(F, (2, 3, 8)), (F, (2, 5, 8)), (F, (2, 5, 12))], {"num_heads": 2}, 1
    yield "MultiHeadAttention", [(F, (2, 3, 8)), (F, (2, 3, 8)), (F, (2, 3, 8)), None, None, None, (F, (2, 2, 5, 4)), (F, (2, 2, 5, 4))], {"num_heads": 2}, 3
    yield "MultiHeadAttention", [(F, (2, 3, 8)), (F, (2, 2, 5, 4)), (F, (2, 2, 5, 4))], {"num_heads": 2}, 1
    yield "MultiHeadAttention", [(F, (2, 3, 2, 3, 4))], {"num_heads": 2}, 1
    yield "DecoderMaskedMultiHeadAttention", [(F, (2, 1, 8)), (F, (2, 1, 8)), (F, (2, 1, 8)), None, None, (F, (2, 2, 5, 4)), (F, (2, 2, 5, 4)), np.array([3], np.int32)], {"num_heads": 2, "past_present_share_buffer": 1}, 3
    yield "GroupQueryAttention", [(F, (2, 3, 32)), (F, (2, 3, 16)), (F, (2, 3, 16)), None, None, np.array([2, 2], np.int32), np.int32(3)], {"num_heads": 4, "kv_num_heads": 2}, 3
    yield "GroupQueryAttention", [(F, (2, 1, 64)), None, None, (F, (2, 2, 5, 8)), (F, (2, 2, 5, 8)), np.array([5, 5], np.int32), np.int32(6)], {"num_heads": 4, "kv_num_heads": 2}, 3
    yield "GroupQueryAttention", [(F, (2, 1, 32)), (F, (2, 1, 16)), (F, (2, 1, 16)), (F, (2, 2, 9, 8)), (F, (2, 2, 9, 8)), np.array([5, 5], np.int32), np.int32(6)], {"num_heads": 4, "kv_num_heads": 2}, 3
    yield "RotaryEmbedding", [(F, (2, 3, 8)), np.zeros(1, np.int64), (F, (9, 2)), (F, (9, 2))], {"num_heads": 2}, 1
    yield "NGramRepeatBlock", [np.array([[1, 2, 3, 1]]), (F, (1, 6))], {"ngram_size": 2}, 1
    yield "DynamicQuantizeLSTM", [(F, (4, 2, 3)), np.zeros((1, 3, 20), np.int8), np.zeros((1, 5, 20), np.int8), None, None, None, None, None, np.ones(1, np.float32), np.zeros(1, np.int8), np.ones(1, np.float32), np.zeros(1, np.int8)], {"hidden_size": 5}, 3
    yield "AttnLSTM", [(F, (4, 2, 3)), (F, (1, 20, 8)), (F, (1, 20, 5)), None, None, None, None, None, (F, (1, 5, 6)), (F, (1, 5, 6)), (F, (1, 6)), (F, (2, 7, 5)), None, (F, (1, 10, 5))], {"hidden_size": 5}, 3
    yield "DynamicTimeWarping", [(F, (1, 4, 5))], {}, 1
    yield "SparseToDenseMatMul", [(F, (3, 4)), (F, (4, 5))], {}, 1
    yield "MoE", [(F, (3, 8)), (F, (3, 4)), (F, (4, 16, 8)), None, (F, (4, 8, 16))], {"k": 2, "activation_type": "gelu"}, 1
    yield "CausalConvWithState", [(F, (2, 4, 6)), (F, (4, 1, 3))], {}, 2
    yield "LinearAttention", [(F, (2, 3, 8)), (F, (2, 3, 8)), (F, (2, 3, 12))], {"q_num_heads": 2, "kv_num_heads": 2, "update_rule": "linear"}, 2
    yield "NGramHashMapping", [(I64, (2, 5)), np.array([3, 5, 7]), np.array([11, 13, 17, 19])], {"max_ngram_size": 3, "n_head_per_ngram": 2}, 2


def contributed_models(out):
    for index, (kind, inputs, attributes, outputs) in enumerate(contributed()):
        b = Builder()
        fed, names = [], []
        for place, value in enumerate(inputs):
            if value is None:
                names.append("")
            elif isinstance(value, tuple):
                name = f"x{place}"
                fed.append(tensor(name, getattr(TensorProto, value[0].upper()), value[1]))
                names.append(name)
            else:
                names.append(b.constant(value))
        made = [f"y{i}" for i in range(outputs)]
        b.nodes.append(helper.make_node(kind, names, made, domain="com.microsoft", **attributes))
        if not fed:
            fed = [tensor("unused", TensorProto.FLOAT, [1])]
        graph = helper.make_graph(b.nodes, "one", fed, [onnx.ValueInfoProto(name=name) for name in made], b.weights)
        imports = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        name = f"contributed_{index:02}_{kind}"
        path = os.path.join(out, name + ".source.onnx")
        onnx.save(helper.make_model(graph, opset_imports=imports, ir_version=9), path)
        yield name, path


class Builder:
    """Collects nodes and weights."""

    def __init__(self, seed=0):
        self.nodes, self.weights, self.random, self.count = [], [], np.random.default_rng(seed), 0

    def op(self, kind, *inputs, outputs=1, **attributes):
        self.count += 1
        names = [f"{kind.lower()}_{self.count}" + (f"_{i}" if i else "") for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=f"n{self.count}", **attributes))
        return names[0] if outputs == 1 else names

    def weight(self, *shape):
        return self.constant((self.random.random(shape) * 0.1).astype(np.float32))

    def constant(self, value):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def model(self, inputs, outputs, opset=17):
        graph = helper.make_graph(self.nodes, "built", inputs, outputs, self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def tensor(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def small_bert(hidden=16, heads=2, layers=2, vocabulary=50):
    b = Builder()
    ids = b.op("Gather", b.weight(vocabulary, hidden), "ids")
    length = b.op("Gather", b.op("Shape", "ids"), b.constant(np.int64(1)))
    positions = b.op("Range", b.constant(np.int64(0)), length, b.constant(np.int64(1)))
    x = b.op("Add", ids, b.op("Gather", b.weight(32, hidden), positions))
    x = b.op("LayerNormalization", x, b.weight(hidden), b.weight(hidden), axis=-1)
    mask = b.op("Unsqueeze", b.op("Cast", "mask", to=TensorProto.FLOAT), b.constant(np.array([1, 2])))
    mask = b.op("Mul", b.op("Sub", b.constant(np.float32(1)), mask), b.constant(np.float32(-10000)))
    split = b.constant(np.array([0, 0, heads, hidden // heads]))
    join = b.constant(np.array([0, 0, hidden]))
    for _ in range(layers):
        def project(transpose):
            y = b.op("Add", b.op("MatMul", x, b.weight(hidden, hidden)), b.weight(hidden))
            return b.op("Transpose", b.op("Reshape", y, split), perm=transpose)

        q, k, v = project([0, 2, 1, 3]), project([0, 2, 3, 1]), project([0, 2, 1, 3])
        scores = b.op("Div", b.op("MatMul", q, k), b.constant(np.float32((hidden // heads) ** 0.5)))
        scores = b.op("Softmax", b.op("Add", scores, mask), axis=-1)
        context = b.op("Reshape", b.op("Transpose", b.op("MatMul", scores, v), perm=[0, 2, 1, 3]), join)
        y = b.op("Add", b.op("MatMul", context, b.weight(hidden, hidden)), b.weight(hidden))
        x = b.op("LayerNormalization", b.op("Add", y, x), b.weight(hidden), b.weight(hidden), axis=-1)
        y = b.op("Add", b.op("MatMul", x, b.weight(hidden, 4 * hidden)), b.weight(4 * hidden))
        erf = b.op("Add", b.op("Erf", b.op("Div", y, b.constant(np.float32(2**0.5)))), b.constant(np.float32(1)))
        y = b.op("Mul", b.op("Mul", y, erf), b.constant(np.float32(0.5)))
        y = b.op("Add", b.op("MatMul", y, b.weight(4 * hidden, hidden)), b.weight(hidden))
        x = b.op("LayerNormalization", b.op("Add", y, x), b.weight(hidden), b.weight(hidden), axis=-1)
    first = b.op("Gather", x, b.constant(np.int64(0)), axis=1)
    y = b.op("Tanh", b.op("Gemm", first, b.weight(hidden, hidden), b.weight(hidden)))
    shape = ["batch", "sequence"]
    inputs = [tensor("ids", TensorProto.INT64, shape), tensor("mask", TensorProto.INT64, shape)]
    return b.model(inputs, [tensor(y, TensorProto.FLOAT, None), tensor(x, TensorProto.FLOAT, None)])


def small_cnn():
    b = Builder(1)

    def conv(x, channels_in, channels_out, **attributes):
        x = b.op("Conv", x, b.weight(channels_out, channels_in, 3, 3), b.weight(channels_out), pads=[1, 1, 1, 1], **attributes)
        x = b.op("BatchNormalization", x, *(b.weight(channels_out) for _ in range(4)))
        return x

    x = b.op("Relu", conv("image", 3, 8, strides=[2, 2]))
    x = b.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    x = b.op("Relu", b.op("Add", conv(b.op("Relu", conv(x, 8, 8)), 8, 8), x))
    x = b.op("Clip", conv(x, 1, 8, group=8), b.constant(np.float32(0)), b.constant(np.float32(6)))
    x = b.op("Concat", x, b.op("AveragePool", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1]), axis=1)
    x = b.op("HardSigmoid", b.op("LeakyRelu", x, alpha=0.1), alpha=0.2)
    x = b.op("ConvTranspose", x, b.weight(16, 4, 2, 2), strides=[2, 2])
    x = b.op("Resize", x, "", b.constant(np.array([1, 1, 0.75, 1.5], np.float32)))
    x = b.op("Flatten", b.op("GlobalAveragePool", x))
    x = b.op("Softmax", b.op("Relu", b.op("Gemm", x, b.weight(4, 10), b.weight(10))))
    return b.model([tensor("image", TensorProto.FLOAT, ["batch", 3, "height", "width"])], [tensor(x, TensorProto.FLOAT, None)])


def small_mlp():
    b = Builder(2)
    x = b.op("LSTM", "series", b.weight(2, 32, 6), b.weight(2, 32, 8), outputs=3, hidden_size=8, direction="bidirectional")[0]
    x = b.op("Reshape", b.op("Transpose", x, perm=[0, 2, 1, 3]), b.constant(np.array([0, 0, -1])))
    x = b.op("Sigmoid", b.op("Add", b.op("MatMul", x, b.weight(16, 12)), b.weight(12)))
    x = b.op("Mul", x, b.op("Sigmoid", x))
    top = b.op("TopK", x, b.constant(np.array([3])), outputs=2)[0]
    y = b.op("ReduceMean", b.op("Concat", top, x, axis=2), axes=[0])
    return b.model([tensor("series", TensorProto.FLOAT, ["sequence", "batch", 6])], [tensor(y, TensorProto.FLOAT, None)])


def dynamic_reshape():
    """What exporters make of view, chunk and expand."""
    b = Builder(3)
    batch, length = (b.op("Gather", b.op("Shape", "x"), b.constant(np.int64(axis))) for axis in (0, 1))
    axes = b.constant(np.array([0]))
    as_vector = lambda name: b.op("Unsqueeze", name, axes)
    both = b.op("Mul", batch, length)
    x = b.op("Reshape", "x", b.op("Concat", as_vector(both), b.constant(np.array([3, -1])), axis=0))
    x = b.op("Reshape", x, b.op("Concat", as_vector(batch), as_vector(length), b.constant(np.array([12])), axis=0))
    half = b.op("Div", length, b.constant(np.int64(2)))
    left = b.op("Slice", x, b.constant(np.array([0])), as_vector(half), b.constant(np.array([1])))
    right = b.op("Slice", x, as_vector(half), b.constant(np.array([2**63 - 1])), b.constant(np.array([1])))
    x = b.op("Concat", right, left, b.op("Slice", x, b.constant(np.array([-1])), b.constant(np.array([-(2**62)])), b.constant(np.array([1])), b.constant(np.array([-2]))), axis=1)
    row = b.op("ConstantOfShape", b.op("Concat", as_vector(length), b.constant(np.array([1])), axis=0), value=helper.make_tensor("v", TensorProto.FLOAT, [1], [1]))
    y = b.op("Expand", row, b.op("Concat", as_vector(batch), as_vector(length), as_vector(length), axis=0))
    y = b.op("Trilu", y)
    where = b.op("Where", b.op("Equal", b.op("Shape", y), b.constant(np.array([-1]))), b.constant(np.array([1])), b.op("Shape", y))
    y = b.op("Tile", b.op("Expand", y, where), b.constant(np.array([1, 2, 1])))
    z = b.op("NonZero", y)
    inputs = [tensor("x", TensorProto.FLOAT, ["batch", "sequence", 12])]
    return b.model(inputs, [tensor(name, TensorProto.FLOAT, None) for name in (x, y)] + [tensor(z, TensorProto.INT64, None)])


if __name__ == "__main__":
    main(*sys.argv[1:])
