"""Writes the small models that the server's tests run, into test/server/fixtures.

Needs the package `onnx` (made with 1.22.0). The bytes depend on that version only: names are fixed and nothing is random.
"""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

FOLDER = Path(__file__).resolve().parent.parent / "test" / "server" / "fixtures"

ELEMENT_TYPES = {
    "float": TensorProto.FLOAT,
    "double": TensorProto.DOUBLE,
    "float16": TensorProto.FLOAT16,
    "int8": TensorProto.INT8,
    "uint8": TensorProto.UINT8,
    "int16": TensorProto.INT16,
    "uint16": TensorProto.UINT16,
    "int32": TensorProto.INT32,
    "uint32": TensorProto.UINT32,
    "int64": TensorProto.INT64,
    "uint64": TensorProto.UINT64,
    "bool": TensorProto.BOOL,
    "string": TensorProto.STRING,
}


def value(name, kind, shape):
    return helper.make_tensor_value_info(name, ELEMENT_TYPES[kind], shape)


def write(name, nodes, inputs, outputs, initializers=(), check=True):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    if check:
        onnx.checker.check_model(model)
    (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))


def identities():
    for kind in ELEMENT_TYPES:
        write(
            f"identity-{kind}",
            [helper.make_node("Identity", ["x"], ["y"])],
            [value("x", kind, ["rows", "columns"])],
            [value("y", kind, ["rows", "columns"])],
        )
    write(
        "identity-open-rank",
        [helper.make_node("Identity", ["x"], ["y"])],
        [value("x", "float", None)],
        [value("y", "float", None)],
        check=False,  # the checker wants a shape, which real exports leave out all the same
    )


def arithmetic():
    write(
        "two-by-two",
        [helper.make_node("Add", ["a", "b"], ["sum"]), helper.make_node("Mul", ["a", "b"], ["product"])],
        [value("a", "float", ["batch", 3]), value("b", "float", ["batch", 3])],
        [value("sum", "float", ["batch", 3]), value("product", "float", ["batch", 3])],
    )
    write(
        "fixed",
        [helper.make_node("Neg", ["x"], ["y"])],
        [value("x", "float", [2, 3])],
        [value("y", "float", [2, 3])],
    )
    write(
        "scalar",
        [helper.make_node("Add", ["x", "x"], ["y"])],
        [value("x", "float", [])],
        [value("y", "float", [])],
    )
    write(
        "optional",
        [helper.make_node("Add", ["x", "bias"], ["y"])],
        [value("x", "float", ["batch", 2]), value("bias", "float", [2])],
        [value("y", "float", ["batch", 2])],
        [helper.make_tensor("bias", TensorProto.FLOAT, [2], [10.0, 20.0])],
    )


def failing():
    """`index + 5` into three elements: the zeros of a synthesised warm-up are out of range, -5 to -3 are not."""
    write(
        "gather",
        [
            helper.make_node("Add", ["index", "five"], ["moved"]),
            helper.make_node("Gather", ["table", "moved"], ["y"]),
        ],
        [value("index", "int64", ["n"])],
        [value("y", "float", ["n"])],
        [
            helper.make_tensor("five", TensorProto.INT64, [], [5]),
            helper.make_tensor("table", TensorProto.FLOAT, [3], [1.5, 2.5, 3.5]),
        ],
    )
    write(
        "reshape",
        [helper.make_node("Reshape", ["x", "shape"], ["y"])],
        [value("x", "float", ["n"]), value("shape", "int64", ["rank"])],
        [value("y", "float", None)],
        check=False,
    )


def slow():
    """Takes as long as it is asked to: `steps` rounds of a loop that adds one."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go_in"], ["go_out"]),
            helper.make_node("Add", ["sum_in", "one"], ["sum_out"]),
        ],
        "body",
        [value("round", "int64", []), value("go_in", "bool", []), value("sum_in", "float", [1])],
        [value("go_out", "bool", []), value("sum_out", "float", [1])],
        [helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0])],
    )
    write(
        "slow",
        [helper.make_node("Loop", ["steps", "go", "start"], ["y"], body=body)],
        [value("steps", "int64", [])],
        [value("y", "float", [1])],
        [
            helper.make_tensor("go", TensorProto.BOOL, [], [True]),
            helper.make_tensor("start", TensorProto.FLOAT, [1], [0.0]),
        ],
    )


FOLDER.mkdir(parents=True, exist_ok=True)
identities()
arithmetic()
failing()
slow()
