"""Further models for bench/make-zoo.py, of kinds that its first ones do not have: what exporters and optimisers of today write."""

import numpy as np
from onnx import TensorProto, helper

from zoo_builder import FLOAT, INT64, Builder

MICROSOFT, ML = "com.microsoft", "ai.onnx.ml"


def ints(b, *values):
    return b.constant(values, np.int64)


def norm(b, x, width):
    return b.op("LayerNormalization", x, b.constant(np.ones(width), np.float32), b.weight(width), axis=-1, epsilon=1e-5)


def hard_swish(b, x):
    return b.op("HardSwish", x)


def size_of(b, x, axis):
    return b.op("Gather", b.op("Shape", x), ints(b, axis))


def inverted(b, x, channels, filters, stride, kernel):
    """Wide channel by channel, squeezed and excited, then narrow again."""
    inner = 4 * channels
    y = hard_swish(b, b.conv(x, channels, inner, 1))
    y = hard_swish(b, b.conv(y, inner, inner, kernel, stride, group=inner))
    gate = b.op("Relu", b.conv(b.op("GlobalAveragePool", y), inner, inner // 4, 1, norm=False))
    y = b.op("Mul", y, b.op("HardSigmoid", b.conv(gate, inner // 4, inner, 1, norm=False), alpha=1 / 6, beta=0.5))
    y = b.conv(y, inner, filters, 1)
    return b.op("Add", x, y) if stride == 1 and channels == filters else y


def box_finder():
    """A detector for phones: features of three sizes brought together, boxes that overlap left out."""
    b = Builder("box_finder", opset=16)
    x, channels, levels = hard_swish(b, b.conv(b.input("images", ["batch", 3, 256, 256]), 3, 16, 3, 2)), 16, []
    for filters, stride, kernel in [(24, 2, 3), (24, 1, 3), (40, 2, 5), (40, 1, 5), (80, 2, 3), (112, 2, 5)]:
        x, channels = inverted(b, x, channels, filters, stride, kernel), filters
        levels.append((x, filters))
    joined = b.conv(levels[5][0], 112, 64, 1)
    boxes, scores = [], []
    for (level, filters), side in ((levels[5], 8), (levels[4], 16), (levels[3], 32)):
        lateral = b.conv(level, filters, 64, 1)
        if side > 8:
            sizes = b.op("Concat", b.op("Slice", b.op("Shape", joined), ints(b, 0), ints(b, 2)), b.op("Slice", b.op("Shape", lateral), ints(b, 2), ints(b, 4)), axis=0)
            joined = b.op("Add", lateral, b.op("Resize", joined, "", "", sizes, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"))
        y = hard_swish(b, b.conv(joined, 64, 64, 3, group=64))
        for parts, found in ((4, boxes), (12, scores)):
            z = b.op("Transpose", b.conv(y, 64, 3 * parts, 1, norm=False), perm=[0, 2, 3, 1])
            found.append(b.op("Reshape", z, ints(b, 0, -1, parts)))
    all_boxes, all_scores = b.op("Concat", *boxes, axis=1), b.op("Sigmoid", b.op("Concat", *scores, axis=1))
    by_class = b.op("Transpose", all_scores, perm=[0, 2, 1])
    chosen = b.op("NonMaxSuppression", all_boxes, by_class, ints(b, 50), b.constant([0.5], np.float32), b.constant([0.05], np.float32))
    images, classes, places = (b.op("Slice", chosen, ints(b, at), ints(b, at + 1), ints(b, 1)) for at in range(3))
    b.output(b.op("GatherND", all_boxes, b.op("Concat", images, places, axis=1)), ["found", 4])
    b.output(b.op("GatherND", by_class, b.op("Concat", images, classes, places, axis=1)), ["found"])
    return b


def anchorless():
    """A detector that says distances as distributions, and gives its best hundred boxes."""
    b = Builder("anchorless")
    silu = lambda y: b.op("Mul", y, b.op("Sigmoid", y))
    x, channels = b.input("images", ["batch", 3, 320, 320]), 3
    levels = []
    for filters in (16, 32, 64, 128):
        x = silu(b.conv(x, channels, filters, 3, 2))
        left, right = b.op("Split", silu(b.conv(x, filters, filters, 1)), outputs=2, axis=1)
        inner = b.op("Add", right, silu(b.conv(silu(b.conv(right, filters // 2, filters // 2)), filters // 2, filters // 2)))
        x, channels = silu(b.conv(b.op("Concat", left, right, inner, axis=1), 3 * filters // 2, filters, 1)), filters
        levels.append((x, filters))
    distances, scores = [], []
    for level, filters in levels[2:]:
        distances.append(b.op("Reshape", b.conv(silu(b.conv(level, filters, 64)), 64, 64, 1, norm=False), ints(b, 0, 64, -1)))
        scores.append(b.op("Reshape", b.conv(silu(b.conv(level, filters, 80)), 80, 80, 1, norm=False), ints(b, 0, 80, -1)))
    y = b.op("Transpose", b.op("Reshape", b.op("Concat", *distances, axis=2), ints(b, 0, 4, 16, -1)), perm=[0, 2, 1, 3])
    bins = b.constant(np.arange(16).reshape(1, 16, 1, 1), np.float32)
    y = b.op("Reshape", b.op("Conv", b.op("Softmax", y, axis=1), bins, kernel_shape=[1, 1]), ints(b, 0, 4, -1))
    boxes, best = b.op("Transpose", y, perm=[0, 2, 1]), b.op("Sigmoid", b.op("Concat", *scores, axis=2))
    values, places = b.op("TopK", b.op("ReduceMax", best, axes=[1], keepdims=0), ints(b, 100), outputs=2, axis=1)
    wide = b.op("Expand", b.op("Unsqueeze", places, ints(b, 2)), ints(b, 1, 1, 4))
    b.output(b.op("GatherElements", boxes, wide, axis=1), ["batch", 100, 4])
    b.output(values, ["batch", 100])
    return b


def segformer():
    """Attention over an image, keys and values of it made smaller; sizes are read from shapes, as tracing exporters do."""
    b = Builder("segformer")
    x, channels, outs = b.input("pixels", ["batch", 3, "height", "width"]), 3, []
    for width, stride, reduction, heads in [(32, 4, 8, 1), (64, 2, 4, 2), (128, 2, 2, 4)]:
        kernel = 7 if stride == 4 else 3
        x = b.op("Conv", x, b.weight(width, channels, kernel, kernel), b.weight(width), kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[kernel // 2] * 4)
        shape = b.op("Shape", x)
        y = norm(b, b.op("Transpose", b.op("Reshape", x, ints(b, 0, 0, -1)), perm=[0, 2, 1]), width)
        for _ in range(2):
            z = norm(b, y, width)
            image = b.op("Reshape", b.op("Transpose", z, perm=[0, 2, 1]), shape)
            small = b.op("Conv", image, b.weight(width, width, reduction, reduction), b.weight(width), kernel_shape=[reduction] * 2, strides=[reduction] * 2)
            small = norm(b, b.op("Transpose", b.op("Reshape", small, ints(b, 0, 0, -1)), perm=[0, 2, 1]), width)
            query = b.heads(b.linear(z, width, width), heads, width, [0, 2, 1, 3])
            key = b.heads(b.linear(small, width, width), heads, width, [0, 2, 3, 1])
            value = b.heads(b.linear(small, width, width), heads, width, [0, 2, 1, 3])
            scores = b.op("Softmax", b.op("Mul", b.op("MatMul", query, key), b.constant(0.18, np.float32)), axis=-1)
            mixed = b.op("Reshape", b.op("Transpose", b.op("MatMul", scores, value), perm=[0, 2, 1, 3]), ints(b, 0, 0, width))
            y = b.op("Add", y, b.linear(mixed, width, width))
            inner = b.op("Reshape", b.op("Transpose", b.linear(norm(b, y, width), width, 4 * width), perm=[0, 2, 1]),
                         b.op("Concat", b.op("Slice", shape, ints(b, 0), ints(b, 1)), ints(b, 4 * width), b.op("Slice", shape, ints(b, 2), ints(b, 4)), axis=0))
            inner = b.gelu(b.conv(inner, 4 * width, 4 * width, 3, group=4 * width, norm=False))
            y = b.op("Add", y, b.linear(b.op("Transpose", b.op("Reshape", inner, ints(b, 0, 0, -1)), perm=[0, 2, 1]), 4 * width, width))
        x, channels = b.op("Reshape", b.op("Transpose", norm(b, y, width), perm=[0, 2, 1]), shape), width
        outs.append((x, width))
    first = b.op("Shape", outs[0][0])
    parts = []
    for level, width in outs:
        z = b.conv(level, width, 64, 1, norm=False)
        sizes = b.op("Concat", b.op("Slice", b.op("Shape", z), ints(b, 0), ints(b, 2)), b.op("Slice", first, ints(b, 2), ints(b, 4)), axis=0)
        parts.append(b.op("Resize", z, "", "", sizes, mode="linear", coordinate_transformation_mode="pytorch_half_pixel"))
    y = b.conv(b.op("Relu", b.conv(b.op("Concat", *parts, axis=1), 192, 64, 1)), 64, 20, 1, norm=False)
    b.output(y, ["batch", 20, "rows", "columns"])
    return b


def bucket_bias(b, queries, keys, heads, width, is_causal):
    """Biases by distance, in buckets that grow with it, as one family of translators has them."""
    row = b.op("Unsqueeze", b.op("Range", b.constant(0, np.int64), queries, b.constant(1, np.int64)), ints(b, 1))
    column = b.op("Unsqueeze", b.op("Range", b.constant(0, np.int64), keys, b.constant(1, np.int64)), ints(b, 0))
    distance = b.op("Sub", column, row)
    far = b.op("Neg", b.op("Min", distance, b.op("ConstantOfShape", b.op("Shape", distance), value=helper.make_tensor("v", INT64, [1], [0])))) if is_causal else b.op("Abs", distance)
    logs = b.op("Div", b.op("Log", b.op("Div", b.op("Cast", far, to=FLOAT), b.constant(8.0, np.float32))), b.constant(2.77, np.float32))
    large = b.op("Add", b.op("Cast", b.op("Mul", logs, b.constant(8.0, np.float32)), to=INT64), b.constant(8, np.int64))
    bucket = b.op("Where", b.op("Less", far, b.constant(8, np.int64)), far, b.op("Max", b.op("Min", large, b.constant(15, np.int64)), b.constant(0, np.int64)))
    del width
    return b.op("Unsqueeze", b.op("Transpose", b.op("Gather", b.weight(32, heads), bucket), perm=[2, 0, 1]), ints(b, 0))


def translator():
    """Encoder and decoder in one graph."""
    b, width, heads = Builder("translator"), 256, 4
    table = b.weight(16_000, width)
    def root_norm(y):
        mean = b.op("ReduceMean", b.op("Pow", y, b.constant(2.0, np.float32)), axes=[-1])
        return b.op("Mul", b.weight(width), b.op("Mul", y, b.op("Div", b.constant(1.0, np.float32), b.op("Sqrt", b.op("Add", mean, b.constant(1e-6, np.float32))))))
    def attend(y, source, bias):
        query = b.heads(b.op("MatMul", y, b.weight(width, width)), heads, width, [0, 2, 1, 3])
        key = b.heads(b.op("MatMul", source, b.weight(width, width)), heads, width, [0, 2, 3, 1])
        value = b.heads(b.op("MatMul", source, b.weight(width, width)), heads, width, [0, 2, 1, 3])
        scores = b.op("MatMul", query, key)
        scores = scores if bias is None else b.op("Add", scores, bias)
        mixed = b.op("Transpose", b.op("MatMul", b.op("Softmax", scores, axis=-1), value), perm=[0, 2, 1, 3])
        return b.op("MatMul", b.op("Reshape", mixed, ints(b, 0, 0, width)), b.weight(width, width))
    def feed(y):
        return b.op("MatMul", b.op("Relu", b.op("MatMul", y, b.weight(width, 1024))), b.weight(1024, width))
    tokens, mask = b.input("input_ids", ["batch", "source"], INT64), b.input("attention_mask", ["batch", "source"], INT64)
    wanted = b.input("decoder_input_ids", ["batch", "target"], INT64)
    hidden = b.op("Mul", b.op("Sub", b.constant(1.0, np.float32), b.op("Cast", b.op("Unsqueeze", mask, ints(b, 1, 2)), to=FLOAT)), b.constant(-1e9, np.float32))
    x, length = b.op("Gather", table, tokens), b.op("Squeeze", size_of(b, tokens, 1), ints(b, 0))
    bias = b.op("Add", bucket_bias(b, length, length, heads, width, False), hidden)
    for _ in range(3):
        x = b.op("Add", x, attend(*(2 * [root_norm(x)]), bias))
        x = b.op("Add", x, feed(root_norm(x)))
    source, y = root_norm(x), b.op("Gather", table, wanted)
    steps = b.op("Squeeze", size_of(b, wanted, 1), ints(b, 0))
    square = b.op("Concat", size_of(b, wanted, 1), size_of(b, wanted, 1), axis=0)
    ahead = b.op("Trilu", b.op("Expand", b.constant(-1e9, np.float32), square), b.constant(1, np.int64), upper=1)
    bias = b.op("Add", bucket_bias(b, steps, steps, heads, width, True), ahead)
    for _ in range(3):
        y = b.op("Add", y, attend(*(2 * [root_norm(y)]), bias))
        y = b.op("Add", y, attend(root_norm(y), source, hidden))
        y = b.op("Add", y, feed(root_norm(y)))
    b.output(b.op("MatMul", root_norm(y), b.op("Transpose", table, perm=[1, 0])), ["batch", "target", 16_000])
    return b


def standard_decoder():
    """What opset 23 has for language models: attention with a cache, norms without a mean, rotations."""
    b, width, heads, kept, layers = Builder("standard_decoder", opset=23), 384, 6, 2, 4
    head = width // heads
    tokens, places = b.input("input_ids", ["batch", "sequence"], INT64), b.input("position_ids", ["batch", "sequence"], INT64)
    x = b.op("Gather", b.weight(12_000, width), tokens)
    cosines, sines = b.weight(2048, head // 2), b.weight(2048, head // 2)
    root = lambda y: b.op("RMSNormalization", y, b.constant(np.ones(width), np.float32), axis=-1)
    presents = []
    for layer in range(layers):
        y = root(x)
        query = b.op("RotaryEmbedding", b.op("MatMul", y, b.weight(width, width)), cosines, sines, places, num_heads=heads)
        key = b.op("RotaryEmbedding", b.op("MatMul", y, b.weight(width, kept * head)), cosines, sines, places, num_heads=kept)
        value = b.op("MatMul", y, b.weight(width, kept * head))
        pasts = [b.input(f"past_{part}_{layer}", ["batch", kept, "past", head]) for part in ("key", "value")]
        mixed, *present = b.op("Attention", query, key, value, "", *pasts, outputs=3, q_num_heads=heads, kv_num_heads=kept, is_causal=1)
        presents += present
        x = b.op("Add", x, b.op("MatMul", mixed, b.weight(width, width)))
        y = root(x)
        x = b.op("Add", x, b.op("MatMul", b.op("Mul", b.op("Gelu", b.op("MatMul", y, b.weight(width, 1024))), b.op("MatMul", y, b.weight(width, 1024))), b.weight(1024, width)))
    b.output(b.op("MatMul", root(x), b.weight(width, 12_000)), ["batch", "sequence", 12_000])
    for present in presents:
        b.output(present, ["batch", kept, "total", head])
    return b


def four_bits(b, x, rows, columns, block=32):
    packed = b.constant(b.random.integers(0, 256, (columns, rows // block, block // 2)), np.uint8)
    scales = b.weight(columns, rows // block, scale=0.01)
    return b.op("MatMulNBits", x, packed, scales, domain=MICROSOFT, K=rows, N=columns, bits=4, block_size=block, accuracy_level=4)


def four_bit_decoder():
    """A language model as its own tool chain writes it: weights of four bits, groups of queries over shared keys."""
    b, width, heads, kept, layers = Builder("four_bit_decoder", opset=21, contrib=True), 512, 8, 2, 4
    head = width // heads
    tokens, mask = b.input("input_ids", ["batch", "sequence"], INT64), b.input("attention_mask", ["batch", "total"], INT64)
    lengths = b.op("Cast", b.op("Sub", b.op("ReduceSum", mask, ints(b, 1), keepdims=0), b.constant(1, np.int64)), to=TensorProto.INT32)
    total = b.op("Cast", b.op("Gather", b.op("Shape", mask), b.constant(1, np.int64)), to=TensorProto.INT32)
    cosines, sines = b.weight(4096, head // 2), b.weight(4096, head // 2)
    ones = lambda: b.constant(np.ones(width), np.float32)
    x, y, presents = b.op("Gather", b.weight(12_000, width), tokens), None, []
    z = b.op("SimplifiedLayerNormalization", x, ones(), axis=-1, epsilon=1e-5)
    for layer in range(layers):
        if layer:
            z, _, _, x = b.op("SkipSimplifiedLayerNormalization", x, y, ones(), outputs=4, domain=MICROSOFT, epsilon=1e-5)
        query, key, value = four_bits(b, z, width, width), four_bits(b, z, width, kept * head), four_bits(b, z, width, kept * head)
        pasts = [b.input(f"past_{part}_{layer}", ["batch", kept, "past", head]) for part in ("key", "value")]
        mixed, *present = b.op("GroupQueryAttention", query, key, value, *pasts, lengths, total, cosines, sines, outputs=3, domain=MICROSOFT,
                               num_heads=heads, kv_num_heads=kept, do_rotary=1)
        presents += present
        z, _, _, x = b.op("SkipSimplifiedLayerNormalization", x, four_bits(b, mixed, width, width), ones(), outputs=4, domain=MICROSOFT, epsilon=1e-5)
        gate = four_bits(b, z, width, 1536)
        y = four_bits(b, b.op("Mul", b.op("Mul", gate, b.op("Sigmoid", gate)), four_bits(b, z, width, 1536)), 1536, width)
    z = b.op("SkipSimplifiedLayerNormalization", x, y, ones(), domain=MICROSOFT, epsilon=1e-5)
    b.output(four_bits(b, z, width, 12_000), ["batch", "sequence", 12_000])
    for present in presents:
        b.output(present, ["batch", kept, "total", head])
    return b


def transcriber():
    """Sound to hidden states: a spectrum on the Mel scale, convolutions that halve it, attention."""
    b, width = Builder("transcriber", opset=18), 256
    sound = b.op("Unsqueeze", b.input("audio", ["batch", "samples"]), ints(b, 2))
    window = b.constant(np.hanning(400), np.float32)
    spectrum = b.op("STFT", sound, b.constant(160, np.int64), window, onesided=1)
    power = b.op("ReduceSumSquare", spectrum, ints(b, -1), keepdims=0)
    mel = b.op("MatMul", power, b.constant(np.abs(b.random.standard_normal((201, 80))), np.float32))
    logs = b.op("Div", b.op("Log", b.op("Clip", mel, b.constant(1e-10, np.float32))), b.constant(np.log(10.0), np.float32))
    logs = b.op("Max", logs, b.op("Sub", b.op("ReduceMax", logs, ints(b, 1, 2)), b.constant(8.0, np.float32)))
    x = b.op("Transpose", b.op("Div", b.op("Add", logs, b.constant(4.0, np.float32)), b.constant(4.0, np.float32)), perm=[0, 2, 1])
    x = b.gelu(b.conv(x, 80, width, 3, rank=1, norm=False))
    x = b.op("Transpose", b.gelu(b.conv(x, width, width, 3, 2, rank=1, norm=False)), perm=[0, 2, 1])
    for _ in range(3):
        x = b.op("Add", x, b.attention(norm(b, x, width), width, 4))
        x = b.op("Add", x, b.linear(b.gelu(b.linear(norm(b, x, width), width, 4 * width)), 4 * width, width))
    b.output(norm(b, x, width), ["batch", "half", width])
    return b


def spotter():
    """Words in sound: the Mel scale as the standard's operator makes it, convolutions, a recurrent layer, attention over time."""
    b = Builder("spotter")
    sound = b.input("audio", ["batch", 16_000, 1])
    frames = b.op("STFT", sound, b.constant(256, np.int64), "", b.constant(512, np.int64), onesided=1)
    power = b.op("Sqrt", b.op("ReduceSumSquare", frames, axes=[3], keepdims=0))
    mels = b.op("MelWeightMatrix", b.constant(40, np.int64), b.constant(512, np.int64), b.constant(16_000, np.int64), b.constant(20.0, np.float32), b.constant(7600.0, np.float32))
    x = b.op("Unsqueeze", b.op("Log", b.op("Add", b.op("MatMul", power, mels), b.constant(1e-3, np.float32))), ints(b, 1))
    x = b.op("Relu", b.conv(x, 1, 32, 5))
    x = b.op("Relu", b.conv(b.conv(x, 32, 32, 3, group=32), 32, 48, 1))
    x = b.op("Transpose", b.op("ReduceMean", x, axes=[3], keepdims=0), perm=[2, 0, 1])
    y, _ = b.op("GRU", x, b.weight(2, 3 * 64, 48), b.weight(2, 3 * 64, 64), b.weight(2, 6 * 64), outputs=2, hidden_size=64, direction="bidirectional", linear_before_reset=1)
    y = b.op("Reshape", b.op("Transpose", y, perm=[2, 0, 1, 3]), ints(b, 0, 0, 128))
    share = b.op("Softmax", b.op("MatMul", y, b.weight(128, 1)), axis=1)
    b.output(b.gemm(b.op("ReduceSum", b.op("Mul", y, share), ints(b, 1), keepdims=0), 128, 35), ["batch", 35])
    return b


def forecaster():
    """Series ahead: features weighed against each other, gated residuals, recurrent layers, attention, quantiles."""
    b, width, features = Builder("forecaster"), 96, 12
    def gated(y, rows):
        inner = b.linear(b.op("Elu", b.linear(y, rows, width)), width, 2 * width)
        left, right = b.op("Split", inner, outputs=2, axis=-1)
        skip = y if rows == width else b.linear(y, rows, width)
        return norm(b, b.op("Add", skip, b.op("Mul", left, b.op("Sigmoid", right))), width)
    past = b.input("past", ["batch", "history", features])
    columns = b.op("Split", past, outputs=features, axis=-1)
    embedded = [gated(b.linear(column, 1, width), width) for column in columns]
    flat = b.op("Concat", *embedded, axis=-1)
    shares = b.op("Unsqueeze", b.op("Softmax", b.linear(gated(flat, features * width), width, features), axis=-1), ints(b, -1))
    stacked = b.op("Concat", *[b.op("Unsqueeze", part, ints(b, 2)) for part in embedded], axis=2)
    x = b.op("ReduceSum", b.op("Mul", stacked, shares), ints(b, 2), keepdims=0)
    turned = b.op("Transpose", x, perm=[1, 0, 2])
    y, _, _ = b.op("LSTM", turned, b.weight(1, 4 * width, width), b.weight(1, 4 * width, width), b.weight(1, 8 * width), outputs=3, hidden_size=width)
    y = b.op("Transpose", b.op("Squeeze", y, ints(b, 1)), perm=[1, 0, 2])
    y = norm(b, b.op("Add", x, y), width)
    y = gated(b.op("Add", y, b.attention(y, width, 4)), width)
    last = b.op("Slice", y, ints(b, -24), ints(b, 2**31), ints(b, 1))
    b.output(b.linear(last, width, 3), ["batch", "ahead", 3])
    return b


def edge_attention():
    """A graph as a list of its edges: shares by a softmax over what comes in at each node, made of scatters."""
    b, width = Builder("edge_attention", opset=18), 128
    x, edges = b.input("features", ["nodes", 64]), b.input("edges", [2, "edges"], INT64)
    sources, targets = (b.op("Squeeze", b.op("Slice", edges, ints(b, at), ints(b, at + 1), ints(b, 0)), ints(b, 0)) for at in (0, 1))
    nodes = size_of(b, x, 0)
    rows = 64
    for layer in range(2):
        x = b.linear(x, rows, width)
        both = b.op("Concat", b.op("Gather", x, sources), b.op("Gather", x, targets), axis=1)
        score = b.op("Exp", b.op("LeakyRelu", b.linear(both, 2 * width, 1), alpha=0.2))
        wide = b.op("Unsqueeze", targets, ints(b, 1))
        zeros = b.op("Expand", b.constant(0.0, np.float32), b.op("Concat", nodes, ints(b, 1), axis=0))
        total = b.op("ScatterElements", zeros, wide, score, axis=0, reduction="add")
        share = b.op("Div", score, b.op("Gather", total, targets))
        message = b.op("Mul", b.op("Gather", x, sources), share)
        full = b.op("Expand", wide, b.op("Shape", message))
        zeros = b.op("Expand", b.constant(0.0, np.float32), b.op("Concat", nodes, ints(b, width), axis=0))
        x, rows = b.op("Relu", b.op("ScatterElements", zeros, full, message, axis=0, reduction="add")), width
    pooled = b.op("ScatterND", b.op("Expand", b.constant(0.0, np.float32), ints(b, 1, width)), b.op("Expand", b.constant([[0]], np.int64), b.op("Concat", nodes, ints(b, 1), axis=0)), x, reduction="add")
    b.output(x, ["nodes", width])
    b.output(b.linear(pooled, width, 10), [1, 10])
    return b


def recommender():
    """The best hundred of all items for each user, by what the user took last."""
    b, width, items = Builder("recommender"), 64, 60_000
    table = b.weight(items, width)
    history = b.input("history", ["batch", "taken"], INT64)
    seen = b.op("Unsqueeze", b.op("Cast", b.op("Not", b.op("Equal", history, b.constant(0, np.int64))), to=FLOAT), ints(b, 2))
    x = b.op("Mul", b.op("Gather", table, history), seen)
    x = b.op("Div", b.op("ReduceSum", x, ints(b, 1), keepdims=0), b.op("Max", b.op("ReduceSum", seen, ints(b, 1), keepdims=0), b.constant(1.0, np.float32)))
    x = b.op("BatchNormalization", b.op("Relu", b.gemm(b.op("Relu", b.gemm(x, width, 512)), 512, width)), *[b.constant(np.ones(width), np.float32) for _ in range(4)])
    scores = b.op("MatMul", x, b.op("Transpose", table, perm=[1, 0]))
    marked = b.op("ScatterElements", scores, history, b.op("Expand", b.constant(-1e9, np.float32), b.op("Shape", history)), axis=1)
    values, best = b.op("TopK", marked, ints(b, 100), outputs=2, axis=1)
    b.output(values, ["batch", 100])
    b.output(best, ["batch", 100], INT64)
    return b


def letters():
    """Texts as they come: lowered, cut into words, counted and weighed, then a linear model."""
    b, words = Builder("letters", ml=3, contrib=True), 4000
    text = b.input("text", ["batch"], TensorProto.STRING)
    lowered = b.op("StringNormalizer", text, case_change_action="LOWER", is_case_sensitive=0, locale="C.UTF-8")
    tokens = b.op("Tokenizer", lowered, domain=MICROSOFT, mark=0, mincharnum=1, pad_value="#", separators=[" "])
    pool = [f"word{at}" for at in range(words)]
    counts = b.op("TfIdfVectorizer", tokens, max_gram_length=1, min_gram_length=1, max_skip_count=0, mode="TFIDF", ngram_counts=[0], ngram_indexes=list(range(words)),
                  pool_strings=pool, weights=np.abs(b.random.standard_normal(words)).tolist())
    x = b.op("Normalizer", counts, domain=ML, norm="L2")
    label, scores = b.op("LinearClassifier", x, outputs=2, domain=ML, coefficients=b.random.standard_normal(words * 8).tolist(), intercepts=[0.0] * 8,
                         classlabels_strings=[f"class {at}" for at in range(8)], post_transform="SOFTMAX")
    b.output(label, ["batch"], TensorProto.STRING)
    b.output(scores, ["batch", 8])
    return b


def tree_tensors(b, count, depth, features, targets):
    """Complete trees in the form of TreeEnsemble 5: inner nodes and leaves in lists of their own."""
    inner, leaves = 2**depth - 1, 2**depth
    node = np.tile(np.arange(inner), count)
    tree = np.repeat(np.arange(count), inner)
    is_last = node >= 2 ** (depth - 1) - 1
    true = np.where(is_last, tree * leaves + 2 * (node - (2 ** (depth - 1) - 1)), tree * inner + 2 * node + 1)
    false = np.where(is_last, true + 1, tree * inner + 2 * node + 2)
    floats = lambda values: helper.make_tensor("t", FLOAT, [len(values)], np.asarray(values, np.float32))
    return dict(
        nodes_featureids=b.random.integers(0, features, node.size), nodes_splits=floats(b.random.standard_normal(node.size)),
        nodes_modes=helper.make_tensor("m", TensorProto.UINT8, [node.size], np.zeros(node.size, np.uint8)),
        nodes_truenodeids=true, nodes_falsenodeids=false, nodes_trueleafs=is_last.astype(np.int64), nodes_falseleafs=is_last.astype(np.int64),
        leaf_targetids=b.random.integers(0, targets, count * leaves), leaf_weights=floats(b.random.standard_normal(count * leaves)),
        tree_roots=np.arange(count) * inner, n_targets=targets)


def columns():
    """Names and numbers in a table: encoded, filled in, scaled, put side by side, then boosted trees."""
    b = Builder("columns", ml=3)
    parts = []
    for at in range(4):
        values = [f"value {at}-{number}" for number in range(200)]
        ids = b.op("LabelEncoder", b.input(f"name_{at}", ["batch", 1], TensorProto.STRING), domain=ML, keys_strings=values, values_int64s=list(range(200)), default_int64=0)
        hot = b.op("OneHotEncoder", ids, domain=ML, cats_int64s=list(range(200)), zeros=1)
        parts.append(b.op("Reshape", hot, ints(b, -1, 200)))
    numbers = b.op("Imputer", b.input("numbers", ["batch", 30]), domain=ML, imputed_value_floats=[0.5] * 30, replaced_value_float=float("nan"))
    parts.append(b.op("Scaler", numbers, domain=ML, offset=[0.5] * 30, scale=[2.0] * 30))
    x = b.op("Concat", *parts, axis=1)
    count, depth = 150, 5
    inner, total = 2**depth - 1, 2 ** (depth + 1) - 1
    node, tree = np.tile(np.arange(total), count), np.repeat(np.arange(count), total)
    leaf = node >= inner
    score = b.op("TreeEnsembleRegressor", x, domain=ML, n_targets=1, nodes_treeids=tree, nodes_nodeids=node, nodes_featureids=np.where(leaf, 0, b.random.integers(0, 830, node.size)),
                 nodes_values=np.where(leaf, 0, b.random.standard_normal(node.size)).astype(np.float32), nodes_modes=["LEAF" if end else "BRANCH_LT" for end in leaf],
                 nodes_truenodeids=np.where(leaf, 0, 2 * node + 1), nodes_falsenodeids=np.where(leaf, 0, 2 * node + 2), target_treeids=tree[leaf], target_nodeids=node[leaf],
                 target_ids=np.zeros(leaf.sum(), np.int64), target_weights=b.random.standard_normal(leaf.sum()).astype(np.float32))
    b.output(b.op("Sigmoid", score), ["batch", 1])
    return b


def boosted():
    b = Builder("boosted", opset=18, ml=5)
    x = b.input("input", ["batch", 60])
    y = b.op("TreeEnsemble", x, domain=ML, aggregate_function=1, post_transform=0, **tree_tensors(b, 400, 7, 60, 3))
    b.output(b.op("Softmax", y, axis=-1), ["batch", 3])
    return b


def gaussian():
    """A Gaussian process: the distance of each row to every one that it was fitted on, by Scan, as its converter writes it; mean and deviation."""
    b, fitted, features = Builder("gaussian", opset=18), 1200, 20
    x = b.input("input", ["batch", features])
    train = b.weight(fitted, features, scale=1.0)
    body = Builder("distances", prefix="distances_")
    body.input("whole", ["n", features])
    body.input("row", [features])
    squares = body.op("ReduceSumSquare", body.op("Sub", "whole", "row"), body.constant([1], np.int64), keepdims=0)
    body.output(body.op("Identity", "whole"), ["n", features])
    body.output(squares, ["n"])
    _, distances = b.op("Scan", train, x, outputs=2, body=body.graph(), num_scan_inputs=1)
    kernel = b.op("Exp", b.op("Mul", distances, b.constant(-0.5, np.float32)))
    mean = b.op("MatMul", kernel, b.weight(fitted, 1))
    spread = b.op("ReduceSum", b.op("Mul", b.op("MatMul", kernel, b.weight(fitted, fitted)), kernel), ints(b, 1), keepdims=1)
    b.output(mean, ["batch", 1])
    b.output(b.op("Sqrt", b.op("Abs", b.op("Sub", b.constant(1.0, np.float32), spread))), ["batch", 1])
    return b


def isolation():
    """Trees that tell outliers: a node of the graph for each, path lengths added up."""
    b, depth, features = Builder("isolation", ml=3), 8, 16
    x = b.input("input", ["batch", features])
    inner, total = 2**depth - 1, 2 ** (depth + 1) - 1
    node = np.arange(total)
    leaf = node >= inner
    paths = []
    for _ in range(100):
        paths.append(b.op("TreeEnsembleRegressor", x, domain=ML, n_targets=1, nodes_treeids=np.zeros(total, np.int64), nodes_nodeids=node,
                          nodes_featureids=np.where(leaf, 0, b.random.integers(0, features, total)), nodes_values=np.where(leaf, 0, b.random.standard_normal(total)).astype(np.float32),
                          nodes_modes=["LEAF" if end else "BRANCH_LEQ" for end in leaf], nodes_truenodeids=np.where(leaf, 0, 2 * node + 1), nodes_falsenodeids=np.where(leaf, 0, 2 * node + 2),
                          target_treeids=np.zeros(leaf.sum(), np.int64), target_nodeids=node[leaf], target_ids=np.zeros(leaf.sum(), np.int64),
                          target_weights=np.full(leaf.sum(), depth, np.float32)))
    total_path = b.op("Sum", *paths)
    score = b.op("Neg", b.op("Pow", b.constant(2.0, np.float32), b.op("Mul", total_path, b.constant(-0.001, np.float32))))
    inlier = b.op("Where", b.op("Less", score, b.constant(-0.5, np.float32)), b.constant(-1, np.int64), b.constant(1, np.int64))
    b.output(inlier, ["batch", 1], INT64)
    b.output(score, ["batch", 1])
    return b


def machines():
    """Support vectors of five classes, with probabilities."""
    b, classes, per_class, features = Builder("machines", ml=3), 5, 240, 32
    vectors = classes * per_class
    pairs = classes * (classes - 1) // 2
    x = b.op("Scaler", b.input("input", ["batch", features]), domain=ML, offset=[0.1] * features, scale=[1.5] * features)
    label, scores = b.op("SVMClassifier", x, outputs=2, domain=ML, kernel_type="RBF", kernel_params=[0.03, 0.0, 3.0], vectors_per_class=[per_class] * classes,
                         support_vectors=b.random.standard_normal(vectors * features).tolist(), coefficients=b.random.standard_normal(vectors * (classes - 1)).tolist(),
                         rho=b.random.standard_normal(pairs).tolist(), prob_a=[-1.0] * pairs, prob_b=[0.1] * pairs, classlabels_ints=list(range(classes)))
    b.output(label, ["batch"], INT64)
    b.output(scores, ["batch", classes])
    return b


def quantized_mobile():
    """Eight bits with a scale for each channel, windows channel by channel, enlarged and joined at the end."""
    b = Builder("quantized_mobile")
    scale, zero = b.constant(0.03, np.float32), b.constant(0, np.int8)
    quantize = lambda y: b.op("DequantizeLinear", b.op("QuantizeLinear", y, scale, zero), scale, zero)
    def conv(y, channels, filters, kernel=1, stride=1, group=1, active=True):
        weight = b.constant(b.random.integers(-100, 100, (filters, channels // group, kernel, kernel)), np.int8)
        scales = np.full(filters, 0.004, np.float32)
        weight = b.op("DequantizeLinear", weight, b.constant(scales), b.constant(np.zeros(filters), np.int8), axis=0)
        bias = b.op("DequantizeLinear", b.constant(b.random.integers(-900, 900, filters), np.int32), b.constant(0.03 * scales), b.constant(np.zeros(filters), np.int32), axis=0)
        y = b.op("Conv", y, weight, bias, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[(kernel - 1) // 2] * 4, group=group)
        return quantize(b.op("Relu", y) if active else y)
    x, channels, kept = conv(quantize(b.input("input", ["batch", 3, 192, 192])), 3, 24, 3, 2), 24, []
    for filters, stride in [(24, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2)]:
        inner = 4 * channels
        y = conv(conv(conv(x, channels, inner), inner, inner, 3, stride, inner), inner, filters, active=False)
        x, channels = quantize(b.op("Add", x, y)) if stride == 1 and filters == channels else y, filters
        kept.append(x)
    up = quantize(b.op("Resize", x, "", b.constant([1, 1, 2, 2], np.float32), mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"))
    x = conv(quantize(b.op("Concat", up, kept[4], axis=1)), 192, 64, 3)
    b.output(b.op("Sigmoid", conv(x, 64, 12, active=False)), ["batch", 12, 24, 24])
    return b


def half_decoder():
    """Half precision with a cache, norms and softmax in single precision between casts."""
    b, width, heads, layers, half = Builder("half_decoder"), 384, 6, 3, np.float16
    up, down = lambda y: b.op("Cast", y, to=FLOAT), lambda y: b.op("Cast", y, to=TensorProto.FLOAT16)
    dense = lambda y, rows, columns: b.op("Add", b.op("MatMul", y, b.weight(rows, columns, dtype=half)), b.weight(columns, dtype=half))
    x, presents = b.op("Gather", b.weight(12_000, width, dtype=half), b.input("input_ids", ["batch", "sequence"], INT64)), []
    for layer in range(layers):
        y = down(norm(b, up(x), width))
        query, key, value = (b.heads(dense(y, width, width), heads, width, [0, 2, 1, 3]) for _ in range(3))
        pasts = [b.input(f"past_{part}_{layer}", ["batch", heads, "past", width // heads], TensorProto.FLOAT16) for part in ("key", "value")]
        key, value = b.op("Concat", pasts[0], key, axis=2), b.op("Concat", pasts[1], value, axis=2)
        presents += [key, value]
        scores = b.op("Mul", b.op("MatMul", query, b.op("Transpose", key, perm=[0, 1, 3, 2])), b.constant(0.125, half))
        mixed = b.op("MatMul", down(b.op("Softmax", up(scores), axis=-1)), value)
        x = b.op("Add", x, dense(b.op("Reshape", b.op("Transpose", mixed, perm=[0, 2, 1, 3]), ints(b, 0, 0, width)), width, width))
        y = dense(down(norm(b, up(x), width)), width, 4 * width)
        x = b.op("Add", x, dense(b.op("Mul", y, b.op("Sigmoid", y)), 4 * width, width))
    b.output(up(b.op("MatMul", down(norm(b, up(x), width)), b.weight(width, 12_000, dtype=half))), ["batch", "sequence", 12_000])
    for present in presents:
        b.output(present, ["batch", heads, "total", width // heads], TensorProto.FLOAT16)
    return b


def fused_encoder():
    """An encoder as the runtime's own optimiser for transformers leaves it."""
    b, width, heads = Builder("fused_encoder", contrib=True), 320, 5
    i32 = TensorProto.INT32
    tokens, kinds, mask = (b.input(name, ["batch", "sequence"], i32) for name in ("input_ids", "segment_ids", "attention_mask"))
    ones = lambda: b.constant(np.ones(width), np.float32)
    x, mask_index = b.op("EmbedLayerNormalization", tokens, kinds, b.weight(20_000, width), b.weight(512, width), b.weight(2, width), ones(), b.weight(width), mask,
                         outputs=2, domain=MICROSOFT, epsilon=1e-12)
    del mask_index
    for layer in range(4):
        if layer % 2:
            y = b.op("Attention", x, b.weight(width, 3 * width), b.weight(3 * width), mask, domain=MICROSOFT, num_heads=heads)
        else:
            query, key, value = (b.op("MatMul", x, b.weight(width, width)) for _ in range(3))
            y = b.op("MultiHeadAttention", query, key, value, b.weight(3 * width), mask, domain=MICROSOFT, num_heads=heads)
        y = b.op("MatMul", y, b.weight(width, width))
        x = b.op("SkipLayerNormalization", y, x, ones(), b.weight(width), b.weight(width), domain=MICROSOFT, epsilon=1e-12)
        y = b.op("BiasGelu" if layer % 2 else "FastGelu", b.op("MatMul", x, b.weight(width, 4 * width)), b.weight(4 * width), domain=MICROSOFT)
        x = b.op("SkipLayerNormalization", b.op("MatMul", y, b.weight(4 * width, width)), x, ones(), b.weight(width), b.weight(width), domain=MICROSOFT, epsilon=1e-12)
    b.output(x, ["batch", "sequence", width])
    return b


def experts():
    """Layers of which each token takes two of eight."""
    b, width, count = Builder("experts", contrib=True), 256, 8
    x = b.op("Gather", b.weight(8000, width), b.input("input_ids", ["batch", "length"], INT64))
    for _ in range(2):
        x = b.op("Add", x, b.attention(norm(b, x, width), width, 4))
        y = norm(b, x, width)
        flat = b.op("Reshape", y, ints(b, -1, width))
        gates = b.op("MatMul", flat, b.weight(width, count))
        mixed = b.op("MoE", flat, gates, b.weight(count, 512, width), "", b.weight(count, width, 512), domain=MICROSOFT, k=2, activation_type="silu", normalize_routing_weights=1)
        x = b.op("Add", x, b.op("Reshape", mixed, b.op("Shape", y)))
    b.output(x, ["batch", "length", width])
    return b


def sampler():
    """Words one by one: a loop that takes the best next one and holds on to all before, with a branch for the end."""
    b, width, vocabulary = Builder("sampler"), 256, 5000
    table, state = b.weight(vocabulary, width), b.input("state", ["batch", width])
    start = b.op("Expand", b.constant([[1]], np.int64), b.op("Concat", size_of(b, state, 0), ints(b, 1), axis=0))
    one, two, three = b.weight(2 * width, 4 * width), b.weight(4 * width, width), b.weight(width, vocabulary)
    body = Builder("body", prefix="body_")
    body.input("round", [], INT64)
    body.input("going", [], TensorProto.BOOL)
    hidden, tokens = body.input("hidden", ["batch", width]), body.input("tokens", ["batch", "so_far"], INT64)
    last = body.op("Squeeze", body.op("Slice", tokens, body.constant([-1], np.int64), body.constant([2**31], np.int64), body.constant([1], np.int64)), body.constant([1], np.int64))
    joined = body.op("Concat", hidden, body.op("Gather", table, last), axis=1)
    next_hidden = body.op("Tanh", body.op("MatMul", body.op("Relu", body.op("MatMul", joined, one)), two))
    best = body.op("ArgMax", body.op("MatMul", next_hidden, three), axis=1, keepdims=1)
    early = body.op("Less", "round", body.constant(2, np.int64))
    def branch(name, kept):
        inner = Builder(name, prefix=f"{name}_")
        value = inner.op("Identity", best) if kept else inner.op("Max", best, inner.constant(3, np.int64))
        inner.output(value, ["batch", 1], INT64)
        inner.nodes[-1].output[0] = f"{name}_out"
        inner.outputs[0].name = f"{name}_out"
        return inner.graph()
    word = body.op("If", early, then_branch=branch("early", False), else_branch=branch("late", True))
    body.output(body.op("Identity", "going"), [], TensorProto.BOOL)
    body.output(next_hidden, ["batch", width])
    body.output(body.op("Concat", tokens, word, axis=1), ["batch", "and_one"], INT64)
    body.output(body.op("Softmax", body.op("MatMul", next_hidden, body.weight(width, 64)), axis=-1), ["batch", 64])
    _, words, shares = b.op("Loop", b.constant(24, np.int64), b.constant(True, np.bool_), state, start, outputs=3, body=body.graph())
    b.output(words, ["batch", "words"], INT64)
    b.output(shares, [24, "batch", 64])
    return b


def denoiser():
    """One step of making an image: groups normalised, the hour as sines, attention to a text, halves and doubles of the image."""
    b = Builder("denoiser", opset=21)
    image, hour, text = b.input("image", ["batch", 4, 48, 48]), b.input("hour", ["batch"]), b.input("text", ["batch", 77, 128])
    angles = b.op("Mul", b.op("Unsqueeze", hour, ints(b, 1)), b.constant(np.exp(-np.arange(32) / 4)[None], np.float32))
    swish = lambda y: b.op("Mul", y, b.op("Sigmoid", y))
    time = b.linear(swish(b.linear(b.op("Concat", b.op("Sin", angles), b.op("Cos", angles), axis=1), 64, 128)), 128, 128)
    def group(y, channels):
        return b.op("GroupNormalization", y, b.constant(np.ones(channels), np.float32), b.weight(channels), num_groups=8)
    def block(y, channels, filters):
        z = b.conv(swish(group(y, channels)), channels, filters, norm=False)
        z = b.op("Add", z, b.op("Unsqueeze", b.linear(swish(time), 128, filters), ints(b, 2, 3)))
        z = b.conv(swish(group(z, filters)), filters, filters, norm=False)
        return b.op("Add", z, y if channels == filters else b.conv(y, channels, filters, 1, norm=False))
    def attend(y, width, side):
        z = b.op("Transpose", b.op("Reshape", group(y, width), ints(b, 0, width, -1)), perm=[0, 2, 1])
        z = b.op("Add", z, b.attention(norm(b, z, width), width, 4))
        query = b.heads(b.linear(norm(b, z, width), width, width), 4, width, [0, 2, 1, 3])
        key, value = b.heads(b.linear(text, 128, width), 4, width, [0, 2, 3, 1]), b.heads(b.linear(text, 128, width), 4, width, [0, 2, 1, 3])
        mixed = b.op("MatMul", b.op("Softmax", b.op("Mul", b.op("MatMul", query, key), b.constant(0.2, np.float32)), axis=-1), value)
        z = b.op("Add", z, b.linear(b.op("Reshape", b.op("Transpose", mixed, perm=[0, 2, 1, 3]), ints(b, 0, 0, width)), width, width))
        left, right = b.op("Split", b.linear(norm(b, z, width), width, 4 * width), outputs=2, axis=-1, num_outputs=2)
        z = b.op("Add", z, b.linear(b.op("Mul", left, b.op("Gelu", right)), 2 * width, width))
        return b.op("Add", y, b.op("Reshape", b.op("Transpose", z, perm=[0, 2, 1]), ints(b, 0, width, side, side)))
    x = b.conv(image, 4, 64, norm=False)
    first = block(x, 64, 64)
    second = attend(block(b.conv(first, 64, 64, 3, 2, norm=False), 64, 128), 128, 24)
    third = block(b.conv(second, 128, 128, 3, 2, norm=False), 128, 192)
    up = lambda y: b.op("Resize", y, "", b.constant([1, 1, 2, 2], np.float32), mode="nearest")
    x = attend(block(b.op("Concat", up(third), second, axis=1), 320, 128), 128, 24)
    x = block(b.op("Concat", up(x), first, axis=1), 192, 64)
    b.output(b.conv(swish(group(x, 64)), 64, 4, norm=False), ["batch", 4, 48, 48])
    return b


B = lambda *sizes: [{"batch": size} for size in sizes]
cached = lambda *triples: [{"batch": batch, "sequence": length, "past": past, "total": length + past} for batch, length, past in triples]
S = lambda *pairs: [{"batch": batch, "sequence": length} for batch, length in pairs]

# Small, middle and largest shapes.
FURTHER = {
    "box_finder": (box_finder, B(1, 4, 12)),
    "anchorless": (anchorless, B(1, 3, 8)),
    "segformer": (segformer, [{"batch": batch, "height": side, "width": side} for batch, side in ((1, 64), (1, 224), (2, 320))]),
    "translator": (translator, [{"batch": 1, "source": 16, "target": 4}, {"batch": 2, "source": 128, "target": 32}, {"batch": 4, "source": 256, "target": 96}]),
    "standard_decoder": (standard_decoder, [{"batch": batch, "sequence": length, "past": past} for batch, length, past in ((1, 1, 15), (1, 64, 192), (4, 32, 480))]),
    "four_bit_decoder": (four_bit_decoder, cached((1, 1, 15), (8, 1, 1023), (1, 256, 768))),
    "transcriber": (transcriber, [{"batch": 1, "samples": 16_000}, {"batch": 1, "samples": 160_000}, {"batch": 2, "samples": 240_000}]),
    "spotter": (spotter, B(1, 8, 64)),
    "forecaster": (forecaster, [{"batch": 1, "history": 48}, {"batch": 16, "history": 96}, {"batch": 64, "history": 168}]),
    "edge_attention": (edge_attention, [{"nodes": 20, "edges": 60}, {"nodes": 2000, "edges": 10_000}, {"nodes": 8000, "edges": 40_000}]),
    "recommender": (recommender, [{"batch": 1, "taken": 10}, {"batch": 32, "taken": 40}, {"batch": 128, "taken": 60}]),
    "letters": (letters, [{"batch": batch, "text[letters]": 10} for batch in (1, 50, 400)]),
    "columns": (columns, B(1, 100, 2000)),
    "boosted": (boosted, B(1, 100, 2000)),
    "gaussian": (gaussian, B(1, 64, 1000)),
    "isolation": (isolation, B(1, 100, 4000)),
    "machines": (machines, B(1, 100, 2000)),
    "quantized_mobile": (quantized_mobile, B(1, 4, 12)),
    "half_decoder": (half_decoder, [{"batch": batch, "sequence": length, "past": past} for batch, length, past in ((1, 1, 15), (1, 64, 192), (4, 32, 480))]),
    "fused_encoder": (fused_encoder, S((1, 16), (4, 128), (8, 320))),
    "experts": (experts, [{"batch": 1, "length": 8}, {"batch": 4, "length": 64}, {"batch": 8, "length": 256}]),
    "sampler": (sampler, B(1, 16, 128)),
    "denoiser": (denoiser, B(1, 2, 6)),
}
