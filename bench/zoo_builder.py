"""What the models of the zoo are put together with."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


class Builder:
    """A graph under construction: nodes are appended in order, weights are drawn from one seeded generator."""

    def __init__(self, name, opset=17, ml=0, contrib=False, prefix=""):
        self.prefix = prefix  # For graphs within others, whose names must not stand for outer ones.
        self.name, self.nodes, self.weights, self.inputs, self.outputs = name, [], [], [], []
        self.random, self.count = np.random.default_rng(7), 0
        self.opsets = [helper.make_opsetid("", opset)] + ([helper.make_opsetid("ai.onnx.ml", ml)] if ml else [])
        self.opsets += [helper.make_opsetid("com.microsoft", 1)] if contrib else []

    def fresh(self, kind):
        self.count += 1
        return f"{self.prefix}{kind}_{self.count}"

    def input(self, name, dims, kind=FLOAT):
        self.inputs.append(helper.make_tensor_value_info(name, kind, dims))
        return name

    def output(self, name, dims, kind=FLOAT):
        self.outputs.append(helper.make_tensor_value_info(name, kind, dims))

    def constant(self, values, dtype=None):
        name = self.fresh("w")
        self.weights.append(numpy_helper.from_array(np.asarray(values, dtype=dtype), name))
        return name

    def weight(self, *dims, scale=0.02, dtype=np.float32):
        return self.constant(self.random.standard_normal(dims, dtype=np.float32) * scale, dtype)

    def op(self, kind, *inputs, outputs=1, domain="", **attributes):
        names = [self.fresh(kind.lower()) for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=self.fresh("n"), domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def graph(self):
        return helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, self.weights)

    def model(self):
        ir_version = 8 if self.opsets[0].version < 18 else 10
        return helper.make_model(self.graph(), opset_imports=self.opsets, ir_version=ir_version, producer_name="zoo")

    def linear(self, x, rows, columns, dtype=np.float32):
        return self.op("Add", self.op("MatMul", x, self.weight(rows, columns, dtype=dtype)), self.weight(columns, dtype=dtype))

    def gemm(self, x, rows, columns):
        return self.op("Gemm", x, self.weight(columns, rows), self.weight(columns), transB=1)

    def conv(self, x, channels, filters, kernel=3, stride=1, group=1, norm=True, dilation=1, rank=2):
        pad = dilation * (kernel - 1) // 2
        y = self.op("Conv", x, self.weight(filters, channels // group, *[kernel] * rank), self.weight(filters),
                    kernel_shape=[kernel] * rank, strides=[stride] * rank, pads=[pad] * (2 * rank), group=group,
                    dilations=[dilation] * rank)
        if not norm:
            return y
        ones = np.ones(filters, np.float32)
        return self.op("BatchNormalization", y, self.constant(ones), self.weight(filters), self.weight(filters), self.constant(ones))

    def layer_norm(self, x, width):
        """As exporters before opset 17 write it; the runtime fuses it."""
        mean = self.op("ReduceMean", x, axes=[-1])
        centred = self.op("Sub", x, mean)
        variance = self.op("ReduceMean", self.op("Pow", centred, self.constant(2.0, np.float32)), axes=[-1])
        deviation = self.op("Sqrt", self.op("Add", variance, self.constant(1e-5, np.float32)))
        scaled = self.op("Mul", self.op("Div", centred, deviation), self.constant(np.ones(width), np.float32))
        return self.op("Add", scaled, self.weight(width))

    def gelu(self, x):
        half = self.op("Erf", self.op("Div", x, self.constant(2.0**0.5, np.float32)))
        return self.op("Mul", self.op("Mul", x, self.op("Add", half, self.constant(1.0, np.float32))), self.constant(0.5, np.float32))

    def heads(self, x, heads, width, transpose):
        shaped = self.op("Reshape", x, self.constant([0, 0, heads, width // heads], np.int64))
        return self.op("Transpose", shaped, perm=transpose)

    def attention(self, x, width, heads, mask=None, past=None):
        query, key, value = (self.linear(x, width, width) for _ in range(3))
        query, value = (self.heads(part, heads, width, [0, 2, 1, 3]) for part in (query, value))
        key = self.heads(key, heads, width, [0, 2, 3, 1] if past is None else [0, 2, 1, 3])
        present = None
        if past is not None:
            key, value = self.op("Concat", past[0], key, axis=2), self.op("Concat", past[1], value, axis=2)
            present = (key, value)
            key = self.op("Transpose", key, perm=[0, 1, 3, 2])
        scores = self.op("Div", self.op("MatMul", query, key), self.constant((width / heads) ** 0.5, np.float32))
        if mask is not None:
            scores = self.op("Add", scores, mask)
        mixed = self.op("MatMul", self.op("Softmax", scores, axis=-1), value)
        merged = self.op("Reshape", self.op("Transpose", mixed, perm=[0, 2, 1, 3]), self.constant([0, 0, width], np.int64))
        out = self.linear(merged, width, width)
        return out if present is None else (out, present)

    def encoder_layer(self, x, width, heads, mask=None):
        x = self.layer_norm(self.op("Add", x, self.attention(x, width, heads, mask)), width)
        inner = self.linear(self.gelu(self.linear(x, width, 4 * width)), 4 * width, width)
        return self.layer_norm(self.op("Add", x, inner), width)


def name_rows(model):
    """Gives the first dimension of all inputs the name that the shapes of the zoo have for it."""
    for value in model.graph.input:
        first = value.type.tensor_type.shape.dim[0]
        if not first.HasField("dim_value"):
            first.dim_param = "batch"
    return model
