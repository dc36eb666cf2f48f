"""Builds the models that the memory plan is held against: many kinds, moderate sizes, random weights, the same bytes on every run.

    python bench/make-zoo.py FOLDER [NAME ...]

Needs numpy and onnx. Each model comes with NAME.json: the shapes it is measured at, as values of its symbols.
"""

import json
import pathlib
import sys

import numpy as np
from onnx import TensorProto, save_model

from zoo_builder import FLOAT, INT64, Builder
from zoo_further import FURTHER


def mlp(name, widths):
    b = Builder(name)
    x = b.input("input", ["batch", widths[0]])
    for rows, columns in zip(widths, widths[1:]):
        x = b.gemm(x, rows, columns)
        if columns != widths[-1]:
            x = b.op("Relu", x)
    b.output(x, ["batch", widths[-1]])
    return b


def resnet():
    b = Builder("resnet")
    x = b.input("input", ["batch", 3, 224, 224])
    x = b.op("MaxPool", b.op("Relu", b.conv(x, 3, 64, 7, 2)), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 64
    for filters, stride in [(64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)]:
        y = b.conv(b.op("Relu", b.conv(x, channels, filters, 3, stride)), filters, filters)
        skip = x if stride == 1 else b.conv(x, channels, filters, 1, stride)
        x, channels = b.op("Relu", b.op("Add", y, skip)), filters
    x = b.gemm(b.op("Flatten", b.op("GlobalAveragePool", x)), 512, 1000)
    b.output(x, ["batch", 1000])
    return b


def mobilenet():
    b = Builder("mobilenet")
    clip = lambda y: b.op("Clip", y, b.constant(0, np.float32), b.constant(6, np.float32))
    x = clip(b.conv(b.input("input", ["batch", 3, 224, 224]), 3, 32, 3, 2))
    channels = 32
    for filters, stride, expansion in [(16, 1, 1), (24, 2, 6), (24, 1, 6), (32, 2, 6), (32, 1, 6), (64, 2, 6), (96, 1, 6), (160, 2, 6)]:
        inner = channels * expansion
        y = clip(b.conv(x, channels, inner, 1)) if expansion > 1 else x
        y = b.conv(clip(b.conv(y, inner, inner, 3, stride, group=inner)), inner, filters, 1)
        x = b.op("Add", x, y) if stride == 1 and channels == filters else y
        channels = filters
    x = b.gemm(b.op("Flatten", b.op("GlobalAveragePool", clip(b.conv(x, 160, 640, 1)))), 640, 1000)
    b.output(x, ["batch", 1000])
    return b


def unet():
    b = Builder("unet")
    x = b.input("input", ["batch", 3, "height", "width"])
    double = lambda y, c, f: b.op("Relu", b.conv(b.op("Relu", b.conv(y, c, f)), f, f))
    skips, channels = [], 3
    for filters in (32, 64, 128):
        x = double(x, channels, filters)
        skips.append((x, filters))
        x, channels = b.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2]), filters
    x, channels = double(x, 128, 256), 256
    for skip, filters in reversed(skips):
        x = b.op("ConvTranspose", x, b.weight(channels, filters, 2, 2), b.weight(filters), kernel_shape=[2, 2], strides=[2, 2])
        x, channels = double(b.op("Concat", skip, x, axis=1), 2 * filters, filters), filters
    x = b.op("Sigmoid", b.conv(x, 32, 1, 1, norm=False))
    b.output(x, ["batch", 1, "out_height", "out_width"])
    return b


def espcn():
    b = Builder("espcn")
    x = b.input("input", ["batch", 1, "height", "width"])
    x = b.op("Tanh", b.conv(x, 1, 64, 5, norm=False))
    x = b.op("Tanh", b.conv(x, 64, 32, 3, norm=False))
    x = b.op("DepthToSpace", b.conv(x, 32, 9, 3, norm=False), blocksize=3, mode="CRD")
    b.output(x, ["batch", 1, "out_height", "out_width"])
    return b


def inception():
    b = Builder("inception")
    x = b.op("LRN", b.op("Relu", b.conv(b.input("input", ["batch", 3, 112, 112]), 3, 64, 7, 2, norm=False)), size=5)
    channels = 64
    for width in (32, 48, 64):
        branches = [
            b.op("Relu", b.conv(x, channels, width, 1, norm=False)),
            b.op("Relu", b.conv(b.op("Relu", b.conv(x, channels, width, 1, norm=False)), width, width, 3, norm=False)),
            b.op("Relu", b.conv(b.op("Relu", b.conv(x, channels, width, 1, norm=False)), width, width, 5, norm=False)),
            b.op("Relu", b.conv(b.op("AveragePool", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1]), channels, width, 1, norm=False)),
        ]
        x, channels = b.op("MaxPool", b.op("Concat", *branches, axis=1), kernel_shape=[3, 3], strides=[2, 2]), 4 * width
    x = b.op("Softmax", b.gemm(b.op("Flatten", b.op("GlobalAveragePool", x)), channels, 1000), axis=1)
    b.output(x, ["batch", 1000])
    return b


def densenet():
    b = Builder("densenet")
    x = b.op("Relu", b.conv(b.input("input", ["batch", 3, 128, 128]), 3, 32, 3, 2))
    channels = 32
    for _ in range(10):
        ones = b.constant(np.ones(channels), np.float32)
        y = b.op("Relu", b.op("BatchNormalization", x, ones, b.weight(channels), b.weight(channels), ones))
        x = b.op("Concat", x, b.conv(b.op("Relu", b.conv(y, channels, 64, 1)), 64, 16, 3, norm=False), axis=1)
        channels += 16
    x = b.gemm(b.op("Flatten", b.op("GlobalAveragePool", x)), channels, 100)
    b.output(x, ["batch", 100])
    return b


def segmentation():
    b = Builder("segmentation")
    x = b.op("Relu", b.conv(b.input("input", ["batch", 3, 128, 128]), 3, 32, 3, 2))
    x = b.op("Relu", b.conv(x, 32, 64, 3, 2))
    x = b.op("HardSwish", b.op("InstanceNormalization", x, b.constant(np.ones(64), np.float32), b.weight(64)))
    x = b.conv(b.op("LeakyRelu", b.conv(x, 64, 64, 3, dilation=2, norm=False)), 64, 8, 1, norm=False)
    x = b.op("Resize", x, "", b.constant([1, 1, 4, 4], np.float32), mode="linear", coordinate_transformation_mode="half_pixel")
    x = b.op("ArgMax", b.op("Softmax", x, axis=1), axis=1, keepdims=0)
    b.output(x, ["batch", 128, 128], INT64)
    return b


def conv3d():
    b = Builder("conv3d")
    x = b.op("Relu", b.conv(b.input("input", ["batch", 1, 16, 64, 64]), 1, 16, 3, rank=3))
    x = b.op("MaxPool", x, kernel_shape=[2, 2, 2], strides=[2, 2, 2])
    x = b.op("Relu", b.conv(x, 16, 32, 3, rank=3))
    x = b.gemm(b.op("Flatten", b.op("GlobalAveragePool", x)), 32, 10)
    b.output(x, ["batch", 10])
    return b


def wavenet():
    b = Builder("wavenet", opset=13)
    x = b.conv(b.input("input", ["batch", 1, "samples"]), 1, 64, 1, rank=1, norm=False)
    for layer in range(6):
        left, right = b.op("Split", b.conv(x, 64, 128, 3, dilation=2**layer, rank=1, norm=False), outputs=2, axis=1)
        gated = b.op("Mul", b.op("Tanh", left), b.op("Sigmoid", right))
        x = b.op("Add", x, b.conv(gated, 64, 64, 1, rank=1, norm=False))
    x = b.conv(x, 64, 1, 1, rank=1, norm=False)
    b.output(x, ["batch", 1, "samples"])
    return b


def encoder(name, layers, width, heads, vocabulary):
    b = Builder(name)
    tokens = b.input("input_ids", ["batch", "sequence"], INT64)
    attended = b.input("attention_mask", ["batch", "sequence"], INT64)
    mask = b.op("Cast", b.op("Unsqueeze", attended, b.constant([1, 2], np.int64)), to=FLOAT)
    mask = b.op("Mul", b.op("Sub", b.constant(1.0, np.float32), mask), b.constant(-10000.0, np.float32))
    length = b.op("Gather", b.op("Shape", tokens), b.constant(1, np.int64))
    ends = b.op("Unsqueeze", length, b.constant([0], np.int64))
    positions = b.op("Slice", b.weight(512, width), b.constant([0], np.int64), ends, b.constant([0], np.int64))
    x = b.layer_norm(b.op("Add", b.op("Gather", b.weight(vocabulary, width), tokens), positions), width)
    for _ in range(layers):
        x = b.encoder_layer(x, width, heads, mask)
    first = b.op("Gather", x, b.constant(0, np.int64), axis=1)
    pooled = b.op("Tanh", b.gemm(first, width, width))
    b.output(x, ["batch", "sequence", width])
    b.output(pooled, ["batch", width])
    return b


def gpt():
    b, width, heads, layers, vocabulary = Builder("gpt"), 256, 4, 4, 8000
    tokens = b.input("input_ids", ["batch", "sequence"], INT64)
    pasts = [tuple(b.input(f"past_{layer}_{part}", ["batch", heads, "past", width // heads]) for part in "kv") for layer in range(layers)]
    x = b.op("Gather", b.weight(vocabulary, width), tokens)
    presents = []
    for layer in range(layers):
        mixed, present = b.attention(b.layer_norm(x, width), width, heads, past=pasts[layer])
        presents.append(present)
        x = b.op("Add", x, mixed)
        inner = b.linear(b.gelu(b.linear(b.layer_norm(x, width), width, 4 * width)), 4 * width, width)
        x = b.op("Add", x, inner)
    logits = b.op("MatMul", b.layer_norm(x, width), b.weight(width, vocabulary))
    b.output(logits, ["batch", "sequence", vocabulary])
    for key, value in presents:
        b.output(key, ["batch", heads, "total", width // heads])
        b.output(value, ["batch", heads, "total", width // heads])
    return b


def vit():
    b, width = Builder("vit"), 192
    x = b.op("Conv", b.input("input", ["batch", 3, 224, 224]), b.weight(width, 3, 16, 16), b.weight(width), kernel_shape=[16, 16], strides=[16, 16])
    x = b.op("Transpose", b.op("Reshape", x, b.constant([0, width, 196], np.int64)), perm=[0, 2, 1])
    x = b.op("Add", x, b.weight(1, 196, width))
    for _ in range(6):
        x = b.encoder_layer(x, width, 3)
    x = b.gemm(b.op("ReduceMean", x, axes=[1], keepdims=0), width, 1000)
    b.output(x, ["batch", 1000])
    return b


def recurrent(kind, gates):
    b, width = Builder(kind.lower()), 256
    x = b.input("input", ["sequence", "batch", 80])
    columns = 80
    for _ in range(2):
        y = b.op(kind, x, b.weight(2, gates * width, columns), b.weight(2, gates * width, width), b.weight(2, 2 * gates * width),
                 hidden_size=width, direction="bidirectional")
        x = b.op("Reshape", b.op("Transpose", y, perm=[0, 2, 1, 3]), b.constant([0, 0, 2 * width], np.int64))
        columns = 2 * width
    x = b.op("LogSoftmax", b.linear(x, 2 * width, 40), axis=-1)
    b.output(x, ["sequence", "batch", 40])
    return b


def embedding():
    b = Builder("embedding")
    tokens = b.input("tokens", ["batch", 64], INT64)
    x = b.op("ReduceMean", b.op("Gather", b.weight(200_000, 64), tokens), axes=[1], keepdims=0)
    x = b.op("Sigmoid", b.gemm(x, 64, 16))
    b.output(x, ["batch", 16])
    return b


def trees(name, count, depth, classes=0):
    b = Builder(name, ml=3)
    x = b.input("input", ["batch", 30])
    inner, total = 2**depth - 1, 2 ** (depth + 1) - 1
    node_ids = np.tile(np.arange(total), count)
    tree_ids = np.repeat(np.arange(count), total)
    leaf = node_ids >= inner
    shared = dict(
        nodes_treeids=tree_ids, nodes_nodeids=node_ids, nodes_featureids=np.where(leaf, 0, b.random.integers(0, 30, node_ids.size)),
        nodes_values=np.where(leaf, 0, b.random.standard_normal(node_ids.size)).astype(np.float32),
        nodes_modes=["LEAF" if end else "BRANCH_LEQ" for end in leaf],
        nodes_truenodeids=np.where(leaf, 0, 2 * node_ids + 1), nodes_falsenodeids=np.where(leaf, 0, 2 * node_ids + 2),
        nodes_missing_value_tracks_true=np.zeros(node_ids.size, np.int64), nodes_hitrates=np.ones(node_ids.size, np.float32))
    values = b.random.standard_normal(leaf.sum()).astype(np.float32)
    if classes == 0:
        y = b.op("TreeEnsembleRegressor", x, domain="ai.onnx.ml", n_targets=1, target_treeids=tree_ids[leaf], target_nodeids=node_ids[leaf],
                 target_ids=np.zeros(leaf.sum(), np.int64), target_weights=values, **shared)
        b.output(y, ["batch", 1])
        return b
    label, scores = b.op("TreeEnsembleClassifier", x, outputs=2, domain="ai.onnx.ml", classlabels_int64s=list(range(classes)),
                         class_treeids=tree_ids[leaf], class_nodeids=node_ids[leaf], class_ids=b.random.integers(0, classes, leaf.sum()),
                         class_weights=values, post_transform="SOFTMAX", **shared)
    b.output(label, ["batch"], INT64)
    b.output(scores, ["batch", classes])
    return b


def tabular():
    b = Builder("tabular", ml=3)
    x = b.op("Scaler", b.input("input", ["batch", 40]), domain="ai.onnx.ml", offset=[0.5] * 40, scale=[2.0] * 40)
    label, scores = b.op("LinearClassifier", x, outputs=2, domain="ai.onnx.ml", coefficients=b.random.standard_normal(120).tolist(),
                         intercepts=[0.0] * 3, classlabels_ints=[0, 1, 2], post_transform="SOFTMAX")
    b.output(label, ["batch"], INT64)
    b.output(b.op("Normalizer", scores, domain="ai.onnx.ml", norm="L1"), ["batch", 3])
    return b


def qdq_cnn():
    b = Builder("qdq_cnn", opset=13)
    scale, zero = b.constant(0.02, np.float32), b.constant(128, np.uint8)
    weight_scale, weight_zero = b.constant(0.005, np.float32), b.constant(0, np.int8)
    bias_scale, bias_zero = b.constant(0.0001, np.float32), b.constant(0, np.int32)
    quantize = lambda y: b.op("DequantizeLinear", b.op("QuantizeLinear", y, scale, zero), scale, zero)
    def conv(y, channels, filters, kernel=3, stride=1):
        weight = b.constant(b.random.integers(-100, 100, (filters, channels, kernel, kernel)), np.int8)
        bias = b.constant(b.random.integers(-1000, 1000, filters), np.int32)
        pad = (kernel - 1) // 2
        y = b.op("Conv", y, b.op("DequantizeLinear", weight, weight_scale, weight_zero), b.op("DequantizeLinear", bias, bias_scale, bias_zero),
                 kernel_shape=[kernel, kernel], strides=[stride, stride], pads=[pad] * 4)
        return quantize(b.op("Relu", y))
    x = conv(quantize(b.input("input", ["batch", 3, 224, 224])), 3, 32, 7, 2)
    x = b.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 32
    for filters, stride in [(32, 1), (64, 2), (128, 2), (256, 2)]:
        x = conv(x, channels, filters, 3, stride)
        x = quantize(b.op("Add", x, conv(x, filters, filters)))
        channels = filters
    x = quantize(b.op("GlobalAveragePool", x))
    x = b.gemm(b.op("Flatten", x), 256, 100)
    b.output(x, ["batch", 100])
    return b


def dynamic_quantized():
    b = Builder("dynamic_quantized", opset=13)
    x = b.input("input", ["batch", 1024])
    for rows, columns in [(1024, 4096), (4096, 2048), (2048, 100)]:
        quantized, scale, zero = b.op("DynamicQuantizeLinear", x, outputs=3)
        product = b.op("MatMulInteger", quantized, b.constant(b.random.integers(-100, 100, (rows, columns)), np.int8), zero, b.constant(0, np.int8))
        both = b.op("Mul", scale, b.constant(0.004, np.float32))
        x = b.op("Add", b.op("Mul", b.op("Cast", product, to=FLOAT), both), b.weight(columns))
        if columns > 100:
            x = b.op("Relu", x)
    b.output(x, ["batch", 100])
    return b


def half(name, weights_only):
    b = Builder(name)
    x = b.input("input", ["batch", 1024])
    if not weights_only:
        x = b.op("Cast", x, to=TensorProto.FLOAT16)
    for rows, columns in [(1024, 4096), (4096, 1024), (1024, 256)]:
        weight = b.weight(rows, columns, dtype=np.float16)
        if weights_only:
            weight = b.op("Cast", weight, to=FLOAT)
        x = b.op("Relu", b.op("MatMul", x, weight))
    if not weights_only:
        x = b.op("Cast", x, to=FLOAT)
    b.output(x, ["batch", 256])
    return b


def if_loop():
    """A branch by the sum of the input, then eight rounds of a layer whose weights stand outside of the loop."""
    b, width = Builder("if_loop"), 512
    x = b.input("input", ["batch", width])
    weight = b.weight(width, width)
    big = b.op("Greater", b.op("ReduceSum", x, keepdims=0), b.constant(0.0, np.float32))
    def branch(name, kind):
        inner = Builder(name)
        y = inner.op(kind, inner.op("MatMul", x, weight))
        inner.output(f"{name}_out", ["batch", width])
        inner.nodes[-1].output[0] = f"{name}_out"
        del y
        return inner.graph()
    x2 = b.op("If", big, then_branch=branch("then", "Relu"), else_branch=branch("other", "Tanh"))
    body = Builder("body")
    body.input("round", [], INT64)
    body.input("going", [], TensorProto.BOOL)
    state = body.input("state", ["batch", width])
    going = body.op("Identity", "going")
    wide = body.op("Relu", body.op("MatMul", state, weight))
    step = body.op("Add", state, body.op("Tanh", body.op("MatMul", wide, weight)))
    body.output(going, [], TensorProto.BOOL)
    body.output(step, ["batch", width])
    y = b.op("Loop", b.constant(8, np.int64), b.constant(True, np.bool_), x2, body=body.graph())
    b.output(b.op("Softmax", y, axis=-1), ["batch", width])
    return b


def vgg():
    b = Builder("vgg")
    x, channels = b.input("input", ["batch", 3, 112, 112]), 3
    for filters, layers in [(64, 2), (128, 2), (256, 2)]:
        for _ in range(layers):
            x, channels = b.op("Relu", b.conv(x, channels, filters, norm=False)), filters
        x = b.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = b.op("Relu", b.gemm(b.op("Flatten", x), 256 * 14 * 14, 512))
    b.output(b.gemm(x, 512, 100), ["batch", 100])
    return b


def resnet50():
    b = Builder("resnet50")
    x = b.op("Relu", b.conv(b.input("input", ["batch", 3, 224, 224]), 3, 64, 7, 2))
    x, channels = b.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), 64
    for width, blocks, first in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]:
        for block in range(blocks):
            stride = first if block == 0 else 1
            y = b.op("Relu", b.conv(x, channels, width, 1))
            y = b.conv(b.op("Relu", b.conv(y, width, width, 3, stride)), width, 4 * width, 1)
            skip = b.conv(x, channels, 4 * width, 1, stride) if block == 0 else x
            x, channels = b.op("Relu", b.op("Add", y, skip)), 4 * width
    b.output(b.gemm(b.op("Flatten", b.op("GlobalAveragePool", x)), 2048, 1000), ["batch", 1000])
    return b


def resnext():
    b = Builder("resnext")
    x = b.op("Relu", b.conv(b.input("input", ["batch", 3, "height", "width"]), 3, 64, 7, 2))
    channels = 64
    for filters, stride in [(128, 2), (128, 1), (256, 2)]:
        y = b.op("Relu", b.conv(x, channels, filters, 1))
        y = b.conv(b.op("Relu", b.conv(y, filters, filters, 3, stride, group=32)), filters, filters, 1)
        skip = x if channels == filters else b.conv(x, channels, filters, 1, stride)
        x, channels = b.op("Relu", b.op("Add", y, skip)), filters
    b.output(b.gemm(b.op("Flatten", b.op("GlobalAveragePool", x)), 256, 100), ["batch", 100])
    return b


def efficient():
    """Squeeze and excitation, swish as a product."""
    b = Builder("efficient")
    swish = lambda y: b.op("Mul", y, b.op("Sigmoid", y))
    x, channels = swish(b.conv(b.input("input", ["batch", 3, 160, 160]), 3, 32, 3, 2)), 32
    for filters, stride in [(16, 1), (24, 2), (40, 2), (80, 2)]:
        inner = 4 * channels
        y = swish(b.conv(swish(b.conv(x, channels, inner, 1)), inner, inner, 5, stride, group=inner))
        gate = b.conv(swish(b.conv(b.op("GlobalAveragePool", y), inner, 8, 1, norm=False)), 8, inner, 1, norm=False)
        x, channels = b.conv(b.op("Mul", y, b.op("Sigmoid", gate)), inner, filters, 1), filters
    b.output(b.gemm(b.op("Flatten", b.op("GlobalAveragePool", x)), 80, 10), ["batch", 10])
    return b


def wide_deep():
    b = Builder("wide_deep")
    ids, numbers = b.input("ids", ["batch", 20], INT64), b.input("numbers", ["batch", 13])
    deep = b.op("Reshape", b.op("Gather", b.weight(50_000, 32), ids), b.constant([-1, 640], np.int64))
    x = b.op("Concat", deep, b.op("Log", b.op("Add", b.op("Abs", numbers), b.constant(1.0, np.float32))), axis=1)
    for rows, columns in [(653, 512), (512, 256), (256, 64)]:
        x = b.op("Relu", b.gemm(x, rows, columns))
    wide = b.op("ReduceSum", b.op("Gather", b.weight(50_000, 1), ids), b.constant([1], np.int64), keepdims=0)
    b.output(b.op("Sigmoid", b.op("Add", b.gemm(x, 64, 1), wide)), ["batch", 1])
    return b


def mixer():
    b, width, patches = Builder("mixer"), 256, 196
    x = b.op("Conv", b.input("input", ["batch", 3, 224, 224]), b.weight(width, 3, 16, 16), b.weight(width), kernel_shape=[16, 16], strides=[16, 16])
    x = b.op("Transpose", b.op("Reshape", x, b.constant([0, width, patches], np.int64)), perm=[0, 2, 1])
    for _ in range(4):
        y = b.op("Transpose", b.layer_norm(x, width), perm=[0, 2, 1])
        y = b.linear(b.gelu(b.linear(y, patches, 384)), 384, patches)
        x = b.op("Add", x, b.op("Transpose", y, perm=[0, 2, 1]))
        x = b.op("Add", x, b.linear(b.gelu(b.linear(b.layer_norm(x, width), width, 1024)), 1024, width))
    b.output(b.gemm(b.op("ReduceMean", x, axes=[1], keepdims=0), width, 50), ["batch", 50])
    return b


def reader():
    """Letters from a line of text: convolutions, then a recurrent layer over the columns."""
    b = Builder("reader")
    x, channels = b.input("input", ["batch", 1, 32, "width"]), 1
    for filters, stride in [(32, [2, 2]), (64, [2, 2]), (128, [2, 1]), (128, [4, 1])]:
        x = b.op("MaxPool", b.op("Relu", b.conv(x, channels, filters)), kernel_shape=stride, strides=stride)
        channels = filters
    x = b.op("Transpose", b.op("Squeeze", x, b.constant([2], np.int64)), perm=[2, 0, 1])
    y, _, _ = b.op("LSTM", x, b.weight(2, 512, 128), b.weight(2, 512, 128), b.weight(2, 1024), outputs=3, hidden_size=128, direction="bidirectional")
    x = b.op("Reshape", b.op("Transpose", y, perm=[0, 2, 1, 3]), b.constant([0, 0, 256], np.int64))
    b.output(b.op("LogSoftmax", b.linear(x, 256, 80), axis=-1), ["columns", "batch", 80])
    return b


def detector():
    b = Builder("detector")
    leaky = lambda y: b.op("LeakyRelu", y, alpha=0.1)
    x, channels, levels = b.input("input", ["batch", 3, 256, 256]), 3, []
    for filters in (16, 32, 64, 128, 256):
        x, channels = leaky(b.conv(x, channels, filters, 3, 2)), filters
        levels.append(x)
    up = b.op("Resize", levels[-1], "", b.constant([1, 1, 2, 2], np.float32), mode="nearest")
    joined = leaky(b.conv(b.op("Concat", up, levels[-2], axis=1), 384, 128, 1))
    heads = []
    for level, width, side in ((levels[-1], 256, 8), (joined, 128, 16)):
        y = b.conv(leaky(b.conv(level, width, 128)), 128, 3 * 25, 1, norm=False)
        y = b.op("Transpose", b.op("Reshape", y, b.constant([0, 3, 25, side * side], np.int64)), perm=[0, 1, 3, 2])
        heads.append(b.op("Reshape", b.op("Sigmoid", y), b.constant([0, 3 * side * side, 25], np.int64)))
    b.output(b.op("Concat", *heads, axis=1), ["batch", 960, 25])
    return b


def text_cnn():
    b = Builder("text_cnn")
    x = b.op("Transpose", b.op("Gather", b.weight(30_000, 128), b.input("tokens", ["batch", "length"], INT64)), perm=[0, 2, 1])
    pooled = []
    for width in (3, 5, 7):
        y = b.op("Relu", b.conv(x, 128, 100, width, rank=1, norm=False))
        pooled.append(b.op("ReduceMax", y, axes=[2], keepdims=0))
    b.output(b.op("Softmax", b.gemm(b.op("Concat", *pooled, axis=1), 300, 20), axis=-1), ["batch", 20])
    return b


def autoencoder():
    b = Builder("autoencoder")
    x, channels = b.input("input", ["batch", 3, 128, 128]), 3
    for filters in (32, 64, 128):
        x, channels = b.op("Relu", b.conv(x, channels, filters, 3, 2)), filters
    for filters in (64, 32, 16):
        x = b.op("Relu", b.op("ConvTranspose", x, b.weight(channels, filters, 4, 4), b.weight(filters), kernel_shape=[4, 4], strides=[2, 2], pads=[1, 1, 1, 1]))
        channels = filters
    b.output(b.op("Sigmoid", b.conv(x, 16, 3, norm=False)), ["batch", 3, 128, 128])
    return b


def half_cnn():
    b = Builder("half_cnn")
    x, channels = b.op("Cast", b.input("input", ["batch", 3, 96, 96]), to=TensorProto.FLOAT16), 3
    for filters in (32, 64, 128):
        weight, bias = b.weight(filters, channels, 3, 3, dtype=np.float16), b.weight(filters, dtype=np.float16)
        x = b.op("Relu", b.op("Conv", x, weight, bias, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]))
        channels = filters
    x = b.op("Cast", b.op("Flatten", b.op("GlobalAveragePool", x)), to=FLOAT)
    b.output(b.gemm(x, 128, 10), ["batch", 10])
    return b


def quantized_encoder():
    """Products with weights in 8 bits between pairs of quantizing and dequantizing."""
    b, width = Builder("quantized_encoder", opset=13), 256
    scale, zero = b.constant(0.05, np.float32), b.constant(128, np.uint8)
    quantize = lambda y: b.op("DequantizeLinear", b.op("QuantizeLinear", y, scale, zero), scale, zero)
    def linear(y, rows, columns):
        weight = b.constant(b.random.integers(-100, 100, (rows, columns)), np.int8)
        weight = b.op("DequantizeLinear", weight, b.constant(0.002, np.float32), b.constant(0, np.int8))
        return quantize(b.op("Add", quantize(b.op("MatMul", y, weight)), b.weight(columns)))
    x = quantize(b.input("input", ["batch", "sequence", width]))
    for _ in range(3):
        query, key, value = (linear(x, width, width) for _ in range(3))
        query, value = (b.heads(part, 4, width, [0, 2, 1, 3]) for part in (query, value))
        scores = quantize(b.op("MatMul", query, b.heads(key, 4, width, [0, 2, 3, 1])))
        mixed = quantize(b.op("MatMul", quantize(b.op("Softmax", scores, axis=-1)), value))
        merged = b.op("Reshape", b.op("Transpose", mixed, perm=[0, 2, 1, 3]), b.constant([0, 0, width], np.int64))
        x = b.op("Add", x, linear(merged, width, width))
        x = b.op("Add", x, linear(b.op("Relu", linear(x, width, 4 * width)), 4 * width, width))
    b.output(x, ["batch", "sequence", width])
    return b


def scan():
    """A running mixture over steps, by Scan."""
    b, width = Builder("scan"), 256
    x = b.input("input", ["steps", "batch", width])
    start = b.op("ReduceMean", x, axes=[0], keepdims=0)
    body = Builder("body")
    body.input("state", ["batch", width])
    body.input("step", ["batch", width])
    mixed = body.op("Tanh", body.op("MatMul", body.op("Add", "state", "step"), b.weight(width, width)))
    body.output(mixed, ["batch", width])
    body.output(body.op("Relu", mixed), ["batch", width])
    last, steps = b.op("Scan", start, x, outputs=2, body=body.graph(), num_scan_inputs=1)
    b.output(last, ["batch", width])
    b.output(steps, ["steps", "batch", width])
    return b


def decoder():
    """One step of a translator: attends to itself and to what an encoder gave."""
    b, width, heads = Builder("decoder"), 256, 4
    x = b.op("Gather", b.weight(8000, width), b.input("input_ids", ["batch", "length"], INT64))
    memory = b.input("memory", ["batch", "source", width])
    for _ in range(3):
        x = b.op("Add", x, b.attention(b.layer_norm(x, width), width, heads))
        y = b.layer_norm(x, width)
        query = b.heads(b.linear(y, width, width), heads, width, [0, 2, 1, 3])
        key = b.heads(b.linear(memory, width, width), heads, width, [0, 2, 3, 1])
        value = b.heads(b.linear(memory, width, width), heads, width, [0, 2, 1, 3])
        mixed = b.op("MatMul", b.op("Softmax", b.op("MatMul", query, key), axis=-1), value)
        merged = b.op("Reshape", b.op("Transpose", mixed, perm=[0, 2, 1, 3]), b.constant([0, 0, width], np.int64))
        x = b.op("Add", x, b.linear(merged, width, width))
        x = b.op("Add", x, b.linear(b.op("Relu", b.linear(b.layer_norm(x, width), width, 1024)), 1024, width))
    b.output(b.op("MatMul", x, b.weight(width, 8000)), ["batch", "length", 8000])
    return b


def support_vectors():
    b = Builder("support_vectors", ml=3)
    vectors, features = 2000, 60
    x = b.input("input", ["batch", features])
    y = b.op("SVMRegressor", x, domain="ai.onnx.ml", kernel_type="RBF", kernel_params=[0.1, 0.0, 3.0], n_supports=vectors, rho=[0.5],
             support_vectors=b.random.standard_normal(vectors * features).tolist(), coefficients=b.random.standard_normal(vectors).tolist())
    b.output(y, ["batch", 1])
    return b


def convnext():
    """Large windows channel by channel, then layers over the channels, which come last meanwhile."""
    b = Builder("convnext")
    x, channels = b.op("Conv", b.input("input", ["batch", 3, 128, 128]), b.weight(48, 3, 4, 4), b.weight(48), kernel_shape=[4, 4], strides=[4, 4]), 48
    for width, blocks in ((48, 2), (96, 2), (192, 2)):
        if width != channels:
            x, channels = b.op("Conv", x, b.weight(width, channels, 2, 2), b.weight(width), kernel_shape=[2, 2], strides=[2, 2]), width
        for _ in range(blocks):
            y = b.op("Transpose", b.conv(x, width, width, 7, group=width, norm=False), perm=[0, 2, 3, 1])
            y = b.linear(b.gelu(b.linear(b.layer_norm(y, width), width, 4 * width)), 4 * width, width)
            x = b.op("Add", x, b.op("Transpose", y, perm=[0, 3, 1, 2]))
    b.output(b.gemm(b.op("Flatten", b.op("GlobalAveragePool", x)), 192, 200), ["batch", 200])
    return b


def windows():
    """Attention within windows of an image, which are cut out by reshaping and shifted by rolling."""
    b, width, heads, side, window = Builder("windows"), 96, 3, 56, 7
    x = b.op("Conv", b.input("input", ["batch", 3, 224, 224]), b.weight(width, 3, 4, 4), b.weight(width), kernel_shape=[4, 4], strides=[4, 4])
    x = b.op("Transpose", x, perm=[0, 2, 3, 1])
    count = side // window
    ints = lambda *values: b.constant(values, np.int64)
    for layer in range(4):
        y = b.layer_norm(x, width)
        if layer % 2:
            for axis in (1, 2):
                back = b.op("Slice", y, ints(3), ints(side), ints(axis))
                y = b.op("Concat", back, b.op("Slice", y, ints(0), ints(3), ints(axis)), axis=axis)
        y = b.op("Transpose", b.op("Reshape", y, ints(-1, count, window, count, window, width)), perm=[0, 1, 3, 2, 4, 5])
        y = b.attention(b.op("Reshape", y, ints(-1, window * window, width)), width, heads, b.weight(1, heads, window * window, window * window))
        y = b.op("Transpose", b.op("Reshape", y, ints(-1, count, count, window, window, width)), perm=[0, 1, 3, 2, 4, 5])
        x = b.op("Add", x, b.op("Reshape", y, ints(-1, side, side, width)))
        x = b.op("Add", x, b.linear(b.gelu(b.linear(b.layer_norm(x, width), width, 4 * width)), 4 * width, width))
    b.output(b.gemm(b.op("ReduceMean", x, axes=[1, 2], keepdims=0), width, 100), ["batch", 100])
    return b


def pyramid():
    """A detector: swish, blocks split in two, pools over pools, levels joined upwards."""
    b = Builder("pyramid")
    silu = lambda y: b.op("Mul", y, b.op("Sigmoid", y))
    def split(y, width):
        left, right = b.op("Split", silu(b.conv(y, width, width, 1)), outputs=2, axis=1)
        inner = silu(b.conv(silu(b.conv(right, width // 2, width // 2)), width // 2, width // 2))
        return silu(b.conv(b.op("Concat", left, right, b.op("Add", right, inner), axis=1), 3 * width // 2, width, 1))
    x, channels, levels = b.input("images", ["batch", 3, "height", "width"]), 3, []
    for width in (24, 48, 96, 192):
        x, channels = split(silu(b.conv(x, channels, width, 3, 2)), width), width
        levels.append(x)
    pools = [silu(b.conv(x, 192, 96, 1))]
    for _ in range(3):
        pools.append(b.op("MaxPool", pools[-1], kernel_shape=[5, 5], strides=[1, 1], pads=[2, 2, 2, 2]))
    x = silu(b.conv(b.op("Concat", *pools, axis=1), 384, 192, 1))
    x = b.op("Resize", x, "", b.constant([1, 1, 2, 2], np.float32), mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    x = split(silu(b.conv(b.op("Concat", x, levels[2], axis=1), 288, 96, 1)), 96)
    b.output(b.op("Sigmoid", b.conv(x, 96, 85, 1, norm=False)), ["batch", 85, "rows", "columns"])
    return b


def relative_encoder():
    """Norms without a mean, biases by distance, gated layers."""
    b, width, heads = Builder("relative_encoder"), 320, 5
    def norm(y):
        square = b.op("ReduceMean", b.op("Mul", y, y), axes=[-1])
        return b.op("Mul", b.op("Div", y, b.op("Sqrt", b.op("Add", square, b.constant(1e-6, np.float32)))), b.weight(width))
    tokens = b.input("tokens", ["batch", "length"], INT64)
    x = b.op("Gather", b.weight(12_000, width), tokens)
    length = b.op("Gather", b.op("Shape", tokens), b.constant(1, np.int64))
    places = b.op("Range", b.constant(0, np.int64), length, b.constant(1, np.int64))
    distance = b.op("Sub", b.op("Unsqueeze", places, b.constant([0], np.int64)), b.op("Unsqueeze", places, b.constant([1], np.int64)))
    bucket = b.op("Min", b.op("Abs", distance), b.constant(31, np.int64))
    bias = b.op("Unsqueeze", b.op("Transpose", b.op("Gather", b.weight(32, heads), bucket), perm=[2, 0, 1]), b.constant([0], np.int64))
    for _ in range(4):
        x = b.op("Add", x, b.attention(norm(x), width, heads, bias))
        y = norm(x)
        gated = b.op("Mul", b.gelu(b.linear(y, width, 896)), b.linear(y, width, 896))
        x = b.op("Add", x, b.linear(gated, 896, width))
    b.output(norm(x), ["batch", "length", width])
    return b


def towers():
    """Two texts through the same layers, compared."""
    b, width = Builder("towers"), 192
    table, weights = b.weight(60_000, width), [(b.weight(width, 768), b.weight(768)), (b.weight(768, width), b.weight(width))]
    vectors = []
    for side in ("left", "right"):
        x = b.op("ReduceMean", b.op("Gather", table, b.input(side, ["batch", 48], INT64)), axes=[1], keepdims=0)
        for matrix, bias in weights:
            x = b.op("Tanh", b.op("Add", b.op("MatMul", x, matrix), bias))
        vectors.append(b.op("Div", x, b.op("ReduceL2", x, axes=[-1])))
    b.output(b.op("ReduceSum", b.op("Mul", *vectors), b.constant([-1], np.int64), keepdims=0), ["batch"])
    return b


def interactions():
    """Recommendations: fields as vectors, the products of all pairs of them."""
    b, fields, width = Builder("interactions"), 26, 24
    x = b.op("Gather", b.weight(400_000, width), b.input("fields", ["batch", fields], INT64))
    dense = b.op("Unsqueeze", b.op("Relu", b.gemm(b.input("numbers", ["batch", 13]), 13, width)), b.constant([1], np.int64))
    x = b.op("Concat", x, dense, axis=1)
    pairs = b.op("Reshape", b.op("MatMul", x, b.op("Transpose", x, perm=[0, 2, 1])), b.constant([-1, (fields + 1) ** 2], np.int64))
    y = b.op("Concat", pairs, b.op("Reshape", x, b.constant([-1, (fields + 1) * width], np.int64)), axis=1)
    for rows, columns in ((27 * 27 + 27 * 24, 640), (640, 320), (320, 1)):
        y = b.gemm(y, rows, columns)
        if columns > 1:
            y = b.op("Relu", y)
    b.output(b.op("Sigmoid", y), ["batch", 1])
    return b


def graph_layers():
    """Features of nodes, mixed along the edges of a graph."""
    b = Builder("graph_layers")
    x, edges = b.input("features", ["nodes", 64]), b.input("edges", ["nodes", "nodes"])
    degree = b.op("Add", b.op("ReduceSum", edges, b.constant([1], np.int64)), b.constant(1.0, np.float32))
    for rows, columns in ((64, 256), (256, 256), (256, 16)):
        x = b.op("Div", b.op("MatMul", edges, b.linear(x, rows, columns)), degree)
        if columns > 16:
            x = b.op("Elu", x)
    b.output(b.op("Softmax", x, axis=-1), ["nodes", 16])
    return b


def speech():
    """Sound: convolutions that shorten it, then attention over what is left."""
    b, width = Builder("speech"), 256
    x = b.gelu(b.conv(b.input("mel", ["batch", 80, "frames"]), 80, width, 3, rank=1, norm=False))
    x = b.gelu(b.conv(x, width, width, 3, 2, rank=1, norm=False))
    x = b.op("Transpose", x, perm=[0, 2, 1])
    for _ in range(3):
        x = b.encoder_layer(x, width, 4)
    b.output(x, ["batch", "half", width])
    return b


def points():
    """A cloud of points, each by itself, then the largest of all."""
    b = Builder("points")
    x, channels = b.input("points", ["batch", 3, "count"]), 3
    for filters in (64, 64, 128, 512):
        x, channels = b.op("Relu", b.conv(x, channels, filters, 1, rank=1)), filters
    x = b.op("ReduceMax", x, axes=[2], keepdims=0)
    b.output(b.op("LogSoftmax", b.gemm(b.op("Relu", b.gemm(x, 512, 256)), 256, 40), axis=-1), ["batch", 40])
    return b


def enlarge():
    """Residual blocks on a whole image, then twice the size."""
    b = Builder("enlarge")
    x = first = b.conv(b.input("input", ["batch", 3, "height", "width"]), 3, 48, norm=False)
    for _ in range(6):
        x = b.op("Add", x, b.conv(b.op("Relu", b.conv(x, 48, 48, norm=False)), 48, 48, norm=False))
    x = b.op("DepthToSpace", b.conv(b.op("Add", x, first), 48, 192, norm=False), blocksize=2)
    b.output(b.conv(x, 48, 3, norm=False), ["batch", 3, "tall", "wide"])
    return b


def generator():
    """From a few numbers to an image, groups of channels normalised on the way."""
    b = Builder("generator")
    x = b.op("Reshape", b.gemm(b.input("noise", ["batch", 96]), 96, 256 * 64), b.constant([-1, 256, 8, 8], np.int64))
    channels, side = 256, 8
    for filters in (128, 64, 32):
        x = b.op("ConvTranspose", x, b.weight(channels, filters, 4, 4), b.weight(filters), kernel_shape=[4, 4], strides=[2, 2], pads=[1, 1, 1, 1])
        channels, side = filters, 2 * side
        groups = b.op("Reshape", x, b.constant([0, 8, -1], np.int64))
        groups = b.op("InstanceNormalization", groups, b.constant(np.ones(8), np.float32), b.constant(np.zeros(8), np.float32))
        x = b.op("LeakyRelu", b.op("Reshape", groups, b.constant([-1, channels, side, side], np.int64)), alpha=0.2)
    b.output(b.op("Tanh", b.conv(x, 32, 3, norm=False)), ["batch", 3, 64, 64])
    return b


def tagger():
    b, width = Builder("tagger"), 160
    x = b.op("Transpose", b.op("Gather", b.weight(50_000, 100), b.input("words", ["batch", "length"], INT64)), perm=[1, 0, 2])
    y, _, _ = b.op("LSTM", x, b.weight(1, 4 * width, 100), b.weight(1, 4 * width, width), b.weight(1, 8 * width), outputs=3, hidden_size=width)
    x = b.op("Squeeze", y, b.constant([1], np.int64))
    y, _ = b.op("GRU", x, b.weight(1, 3 * width, width), b.weight(1, 3 * width, width), b.weight(1, 6 * width), outputs=2, hidden_size=width)
    x = b.linear(b.op("Squeeze", y, b.constant([1], np.int64)), width, 32)
    b.output(b.op("Transpose", x, perm=[1, 0, 2]), ["batch", "length", 32])
    return b


def rotary_decoder():
    """Keys and values of before, turned by their places, fewer heads for them than for queries."""
    b, width, heads, kept, head, layers = Builder("rotary_decoder"), 384, 6, 2, 64, 3
    x = b.op("Gather", b.weight(10_000, width), b.input("input_ids", ["batch", "sequence"], INT64))
    places = b.input("places", ["batch", "sequence"], INT64)
    turn = [b.op("Unsqueeze", b.op("Gather", b.weight(2048, head // 2), places), b.constant([1], np.int64)) for _ in range(2)]
    pasts = [[b.input(f"past_{layer}_{part}", ["batch", kept, "past", head]) for part in "kv"] for layer in range(layers)]
    def rotate(y):
        left, right = b.op("Split", y, outputs=2, axis=3)
        return b.op("Concat", b.op("Sub", b.op("Mul", left, turn[0]), b.op("Mul", right, turn[1])), b.op("Add", b.op("Mul", right, turn[0]), b.op("Mul", left, turn[1])), axis=3)
    def by_head(y, count):
        return b.op("Transpose", b.op("Reshape", y, b.constant([0, 0, count, head], np.int64)), perm=[0, 2, 1, 3])
    presents = []
    for layer in range(layers):
        y = b.layer_norm(x, width)
        query, key, value = rotate(by_head(b.linear(y, width, width), heads)), rotate(by_head(b.linear(y, width, kept * head), kept)), by_head(b.linear(y, width, kept * head), kept)
        key, value = b.op("Concat", pasts[layer][0], key, axis=2), b.op("Concat", pasts[layer][1], value, axis=2)
        presents += [key, value]
        many = lambda part: b.op("Concat", *[b.op("Slice", part, b.constant([at // 3], np.int64), b.constant([at // 3 + 1], np.int64), b.constant([1], np.int64)) for at in range(heads)], axis=1)
        scores = b.op("MatMul", query, b.op("Transpose", many(key), perm=[0, 1, 3, 2]))
        mixed = b.op("Transpose", b.op("MatMul", b.op("Softmax", scores, axis=-1), many(value)), perm=[0, 2, 1, 3])
        x = b.op("Add", x, b.linear(b.op("Reshape", mixed, b.constant([0, 0, width], np.int64)), width, width))
        y = b.layer_norm(x, width)
        gate = b.linear(y, width, 1024)
        x = b.op("Add", x, b.linear(b.op("Mul", b.op("Mul", gate, b.op("Sigmoid", gate)), b.linear(y, width, 1024)), 1024, width))
    b.output(b.op("MatMul", x, b.weight(width, 10_000)), ["batch", "sequence", 10_000])
    for present in presents:
        b.output(present, ["batch", kept, "total", head])
    return b


def shuffle():
    """Groups of channels, shuffled by reshaping."""
    b = Builder("shuffle")
    x = b.op("MaxPool", b.op("Relu", b.conv(b.input("input", ["batch", 3, 192, 192]), 3, 24, 3, 2)), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    x, side = b.op("Relu", b.conv(x, 24, 120, 1)), 48
    for stride in (2, 1, 2, 1):
        y = b.op("Relu", b.conv(x, 120, 120, 1, group=3))
        y = b.op("Transpose", b.op("Reshape", y, b.constant([-1, 3, 40, side, side], np.int64)), perm=[0, 2, 1, 3, 4])
        y = b.op("Reshape", y, b.constant([-1, 120, side, side], np.int64))
        y, side = b.conv(b.conv(y, 120, 120, 3, stride, group=120), 120, 120, 1, group=3), side // stride
        skip = x if stride == 1 else b.op("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
        x = b.op("Relu", b.op("Add", y, skip))
    b.output(b.gemm(b.op("Flatten", b.op("GlobalAveragePool", x)), 120, 60), ["batch", 60])
    return b


def half_encoder():
    """Attention in half precision throughout."""
    b, width, half = Builder("half_encoder"), 256, np.float16
    x = b.op("Cast", b.input("input", ["batch", "length", width]), to=TensorProto.FLOAT16)
    dense = lambda y, rows, columns: b.op("Add", b.op("MatMul", y, b.weight(rows, columns, dtype=half)), b.weight(columns, dtype=half))
    for _ in range(2):
        query, key, value = (dense(x, width, width) for _ in range(3))
        query, value = (b.heads(part, 4, width, [0, 2, 1, 3]) for part in (query, value))
        scores = b.op("Mul", b.op("MatMul", query, b.heads(key, 4, width, [0, 2, 3, 1])), b.constant(0.125, half))
        mixed = b.op("Transpose", b.op("MatMul", b.op("Softmax", scores, axis=-1), value), perm=[0, 2, 1, 3])
        x = b.op("Add", x, dense(b.op("Reshape", mixed, b.constant([0, 0, width], np.int64)), width, width))
        x = b.op("Add", x, dense(b.op("Relu", dense(x, width, 768)), 768, width))
    b.output(b.op("Cast", x, to=FLOAT), ["batch", "length", width])
    return b


B = lambda *sizes: [{"batch": size} for size in sizes]
S = lambda *pairs: [{"batch": batch, "sequence": length} for batch, length in pairs]
I = lambda *sizes: [{"batch": batch, "height": side, "width": side} for batch, side in sizes]

# Small, middle and largest shapes.
ZOO = {
    "linear": (lambda: mlp("linear", [100, 3]), B(1, 64, 1024)),
    "mlp_small": (lambda: mlp("mlp_small", [784, 256, 128, 10]), B(1, 32, 256)),
    "mlp_large": (lambda: mlp("mlp_large", [2048, 4096, 2048, 1000]), B(1, 16, 64)),
    "resnet": (resnet, B(1, 4, 8)),
    "mobilenet": (mobilenet, B(1, 4, 8)),
    "unet": (unet, I((1, 64), (1, 256), (2, 256))),
    "espcn": (espcn, I((1, 64), (1, 224), (2, 320))),
    "inception": (inception, B(1, 8, 32)),
    "densenet": (densenet, B(1, 8, 16)),
    "segmentation": (segmentation, B(1, 8, 32)),
    "conv3d": (conv3d, B(1, 4, 8)),
    "wavenet": (wavenet, [{"batch": 1, "samples": 1000}, {"batch": 1, "samples": 16000}, {"batch": 4, "samples": 16000}]),
    "bert_tiny": (lambda: encoder("bert_tiny", 2, 128, 2, 30522), S((1, 16), (8, 128), (32, 128))),
    "minilm": (lambda: encoder("minilm", 6, 384, 12, 5000), S((1, 32), (4, 128), (8, 256))),
    "gpt": (gpt, [{"batch": 1, "sequence": 1, "past": 32}, {"batch": 1, "sequence": 64, "past": 64}, {"batch": 4, "sequence": 1, "past": 1023}]),
    "vit": (vit, B(1, 4, 16)),
    "lstm": (lambda: recurrent("LSTM", 4), S((1, 20), (4, 100), (16, 100))),
    "gru": (lambda: recurrent("GRU", 3), S((1, 20), (4, 100), (16, 100))),
    "embedding": (embedding, B(1, 64, 512)),
    "trees_10k": (lambda: trees("trees_10k", 80, 6), B(1, 64, 1024)),
    "trees_100k": (lambda: trees("trees_100k", 400, 7, classes=3), B(1, 64, 1024)),
    "tabular": (tabular, B(1, 64, 4096)),
    "qdq_cnn": (qdq_cnn, B(1, 4, 8)),
    "dynamic_quantized": (dynamic_quantized, B(1, 32, 256)),
    "half": (lambda: half("half", False), B(1, 32, 256)),
    "half_weights": (lambda: half("half_weights", True), B(1, 32, 256)),
    "if_loop": (if_loop, B(1, 64, 1024)),
    "resnet50": (resnet50, B(1, 4, 8)),
    "vgg": (vgg, B(1, 4, 8)),
    "bert_base": (lambda: encoder("bert_base", 12, 768, 12, 30522), S((1, 32), (1, 128), (8, 128))),
    "trees_1m": (lambda: trees("trees_1m", 500, 10), B(1, 64, 256)),
    "resnext": (resnext, I((1, 64), (1, 224), (2, 320))),
    "efficient": (efficient, B(1, 4, 16)),
    "wide_deep": (wide_deep, B(1, 64, 1024)),
    "mixer": (mixer, B(1, 4, 16)),
    "reader": (reader, [{"batch": 1, "width": 100}, {"batch": 4, "width": 400}, {"batch": 8, "width": 800}]),
    "detector": (detector, B(1, 4, 16)),
    "text_cnn": (text_cnn, [{"batch": 1, "length": 20}, {"batch": 8, "length": 200}, {"batch": 32, "length": 500}]),
    "autoencoder": (autoencoder, B(1, 4, 16)),
    "half_cnn": (half_cnn, B(1, 4, 16)),
    "quantized_encoder": (quantized_encoder, S((1, 16), (4, 128), (16, 128))),
    "scan": (scan, [{"steps": 10, "batch": 1}, {"steps": 50, "batch": 16}, {"steps": 100, "batch": 64}]),
    "decoder": (decoder, [{"batch": 1, "length": 1, "source": 32}, {"batch": 2, "length": 64, "source": 128}, {"batch": 8, "length": 64, "source": 256}]),
    "support_vectors": (support_vectors, B(1, 64, 1024)),
    "convnext": (convnext, B(1, 4, 16)),
    "windows": (windows, B(1, 2, 6)),
    "pyramid": (pyramid, I((1, 64), (1, 256), (3, 320))),
    "relative_encoder": (relative_encoder, [{"batch": 1, "length": 16}, {"batch": 4, "length": 100}, {"batch": 8, "length": 300}]),
    "towers": (towers, B(1, 32, 400)),
    "interactions": (interactions, B(1, 100, 2000)),
    "graph_layers": (graph_layers, [{"nodes": 10}, {"nodes": 500}, {"nodes": 2500}]),
    "speech": (speech, [{"batch": 1, "frames": 100}, {"batch": 1, "frames": 1000}, {"batch": 4, "frames": 1000}]),
    "points": (points, [{"batch": 1, "count": 100}, {"batch": 2, "count": 2000}, {"batch": 16, "count": 2000}]),
    "forest": (lambda: trees("forest", 120, 11, classes=2), B(1, 50, 500)),
    "enlarge": (enlarge, I((1, 32), (1, 160), (2, 256))),
    "generator": (generator, B(1, 8, 64)),
    "tagger": (tagger, [{"batch": 1, "length": 10}, {"batch": 8, "length": 60}, {"batch": 64, "length": 120}]),
    "rotary_decoder": (rotary_decoder, [{"batch": 1, "sequence": 1, "past": 16}, {"batch": 2, "sequence": 32, "past": 256}, {"batch": 4, "sequence": 64, "past": 960}]),
    "shuffle": (shuffle, B(1, 6, 24)),
    "half_encoder": (half_encoder, [{"batch": 1, "length": 16}, {"batch": 4, "length": 100}, {"batch": 8, "length": 250}]),
}

# Never looked at while the plan's rules and constants were settled; a second group came when the first had been looked at.
HELD_OUT = ["convnext", "windows", "pyramid", "relative_encoder", "towers", "interactions", "graph_layers", "speech", "points", "forest", "enlarge",
            "generator", "tagger", "rotary_decoder", "shuffle", "half_encoder", *FURTHER]
ZOO.update(FURTHER)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "held-out.json").write_text(json.dumps(HELD_OUT))
    for name in sys.argv[2:] or ZOO:
        make, shapes = ZOO[name]
        save_model(make().model(), folder / f"{name}.onnx")
        (folder / f"{name}.json").write_text(json.dumps(shapes))


main()
