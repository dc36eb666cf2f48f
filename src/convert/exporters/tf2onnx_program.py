"""Runs tf2onnx, and tells a file that cannot run, which it writes without an error, from one that can."""

import os
import subprocess
import sys

import onnx
from conversation import Refusal

NEWEST_OPSET = 18

MEND = (
    "Do that step before the model; or keep a Keras model as .keras, whose TextVectorization and lookup layers at the top of the "
    "model are converted."
)


def by_program(arguments, opset, folder):
    path = os.path.join(folder, "exported.onnx")
    command = [sys.executable, "-m", "tf2onnx.convert", *arguments, "--opset", str(min(opset, NEWEST_OPSET)), "--output", path]
    done = subprocess.run(command, capture_output=True, text=True)
    # It writes a file that cannot run and exits with 0 where operators have no counterpart.
    unsupported = [line for line in (done.stdout + done.stderr).splitlines() if "Unsupported ops" in line]
    if unsupported:
        raise without_counterpart(unsupported[0].split("Unsupported ops:")[-1].strip())
    if done.returncode != 0 or not os.path.exists(path):
        raise RuntimeError((done.stderr or done.stdout)[-8000:])
    return onnx.load(path)


def by_function(function, specs, opset):
    import tf2onnx

    return tf2onnx.convert.from_function(function, input_signature=specs, opset=min(opset, NEWEST_OPSET))[0]


def without_counterpart(operators):
    return Refusal("convert/tensorflow-operators", f"operators of this model have no counterpart in ONNX: {operators}", MEND)


def refuse_foreign_operators(model):
    known = {"", "ai.onnx", "ai.onnx.ml"}
    version = next((opset.version for opset in model.opset_import if opset.domain in ("", "ai.onnx")), NEWEST_OPSET)
    foreign = {
        node.op_type
        for node in model.graph.node
        if node.domain not in known or (node.domain != "ai.onnx.ml" and not onnx.defs.has(node.op_type, version, ""))
    }
    if foreign:
        raise without_counterpart(", ".join(sorted(foreign)))
