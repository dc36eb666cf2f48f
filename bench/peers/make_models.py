"""Writes the models of the server's bench into a folder: one input x, one output y, any number of rows.

tiny: eight small trees over 13 features. mlp: 64 MB of weights, bound by memory. encoder: attention over 32 places, bound by
arithmetic. tokens: the same over the numbers of words, which a text is sent as. mem: 0.75 MB of activations a row. large: 453 MB of
weights. What is there already is left. Needs onnx and numpy.
"""

import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

random = np.random.default_rng(7)


def weights(name, *shape):
    scale = 1 / np.sqrt(shape[0])
    return numpy_helper.from_array((random.standard_normal(shape) * scale).astype(np.float32), name)


def write(folder, name, nodes, width, out, initializers, domains=(), rows=32):
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", *width])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", *out])],
        initializers,
    )
    opsets = [helper.make_opsetid("", 17), *(helper.make_opsetid(domain, 3) for domain in domains)]
    (folder / name).mkdir(parents=True, exist_ok=True)
    save(helper.make_model(graph, opset_imports=opsets, ir_version=8), folder / name / "model.onnx")
    (folder / name / "plimsoll.yaml").write_text(f"name: model\nmodel: model.onnx\nbounds: {{ batch: {rows} }}\nserve: {{ maxBody: 8MiB }}\n")


def tiny(folder, trees=8, depth=4, features=13):
    columns = {key: [] for key in ("treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids")}
    targets = {key: [] for key in ("treeids", "nodeids", "ids", "weights")}
    for tree in range(trees):
        inner = 2**depth - 1
        for node in range(2 ** (depth + 1) - 1):
            leaf = node >= inner
            row = (tree, node, int(random.integers(features)), "LEAF" if leaf else "BRANCH_LEQ", float(random.standard_normal()))
            for key, value in zip(columns, (*row, 0 if leaf else 2 * node + 1, 0 if leaf else 2 * node + 2)):
                columns[key].append(value)
            if leaf:
                for key, value in zip(targets, (tree, node, 0, float(random.standard_normal()))):
                    targets[key].append(value)
    attributes = {f"nodes_{key}": value for key, value in columns.items()}
    attributes |= {f"target_{key}": value for key, value in targets.items()}
    node = helper.make_node("TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml", n_targets=1, **attributes)
    # As many rows in a run as the peers that batch are given.
    write(folder, "tiny", [node], [features], [1], [], domains=("ai.onnx.ml",), rows=8192)


def mlp(folder, width=2048, layers=5, name="mlp"):
    sizes = [32, *([width] * layers), 1]
    nodes, initializers, value = [], [], "x"
    for layer, (rows, columns) in enumerate(zip(sizes, sizes[1:])):
        initializers += [weights(f"w{layer}", rows, columns), weights(f"b{layer}", columns)]
        last = layer == len(sizes) - 2
        nodes.append(helper.make_node("Gemm", [value, f"w{layer}", f"b{layer}"], ["y" if last else f"g{layer}"]))
        if not last:
            nodes.append(helper.make_node("Relu", [f"g{layer}"], [f"h{layer}"]))
        value = f"h{layer}"
    write(folder, name, nodes, [32], [1], initializers)


def large(folder):
    mlp(folder, width=6144, layers=4, name="large")


def attention(value, layers=6, width=384):
    """Layers of attention and of arithmetic over vectors; gives nodes, weights and the name of what they make."""
    nodes, initializers = [], []
    for layer in range(layers):
        name = lambda part: f"{part}{layer}"  # noqa: E731
        for part in ("q", "k", "v"):
            initializers.append(weights(name("w" + part), width, width))
            nodes.append(helper.make_node("MatMul", [value, name("w" + part)], [name(part)]))
        initializers += [weights(name("up"), width, 4 * width), weights(name("down"), 4 * width, width)]
        nodes += [
            helper.make_node("Transpose", [name("k")], [name("kt")], perm=[0, 2, 1]),
            helper.make_node("MatMul", [name("q"), name("kt")], [name("scores")]),
            helper.make_node("Softmax", [name("scores")], [name("attention")]),
            helper.make_node("MatMul", [name("attention"), name("v")], [name("mixed")]),
            helper.make_node("Add", [value, name("mixed")], [name("sum")]),
            helper.make_node("MatMul", [name("sum"), name("up")], [name("wide")]),
            helper.make_node("Relu", [name("wide")], [name("active")]),
            helper.make_node("MatMul", [name("active"), name("down")], [name("narrow")]),
            helper.make_node("Add", [name("sum"), name("narrow")], [name("raw")]),
            helper.make_node("Tanh", [name("raw")], [name("out")]),
        ]
        value = name("out")
    nodes.append(helper.make_node("ReduceMean", [value], ["y"], axes=[1], keepdims=0))
    return nodes, initializers


def encoder(folder, places=32, width=384):
    nodes, initializers = attention("x", width=width)
    write(folder, "encoder", nodes, [places, width], [width], initializers)


def tokens(folder, places=32, width=384, vocabulary=30522):
    nodes, initializers = attention("embedded", width=width)
    table = weights("table", vocabulary, width)
    # Peers of one kind of input are asked the same.
    embed = [
        helper.make_node("Cast", ["x"], ["ids"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "ids"], ["embedded"]),
    ]
    write(folder, "tokens", embed + nodes, [places], [width], [table, *initializers])


def mem(folder, width=49152):
    initializers = [weights("w", 16, width), weights("v", width, 1)]
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Mul", ["a", "b"], ["c"]),
        helper.make_node("Add", ["c", "a"], ["d"]),
        helper.make_node("Add", ["d", "b"], ["e"]),
        helper.make_node("MatMul", ["e", "v"], ["y"]),
    ]
    write(folder, "mem", nodes, [16], [1], initializers)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    for make in (tiny, mlp, encoder, tokens, mem, large):
        if not (target / make.__name__).exists():
            make(target)
