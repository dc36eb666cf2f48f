"""Keras (`.keras`), TensorFlow (a SavedModel folder) and TensorFlow Lite (`.tflite`), by way of a SavedModel and tf2onnx.

Keras goes through a SavedModel because other routes leave constants of preprocessing layers as inputs.
"""

import os
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy  # noqa: E402
import onnx  # noqa: E402
import tensorflow  # noqa: E402
from conversation import Refusal, converse  # noqa: E402
from finish_model import finish_model  # noqa: E402
from samples import read_samples, write_cases  # noqa: E402

ROWS = (1, 2, 3, 5, 8)


def convert(request):
    tensorflow.random.set_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        source = open_source(request, folder)
        request["progress"]("run tf2onnx")
        model = run_tf2onnx(source.arguments, request["opset"], os.path.join(folder, "exported.onnx"))
    refuse_foreign_operators(model)
    inputs = matched([value.name for value in model.graph.input], list(source.inputs))
    cases = cases_of(source, request)
    outputs = matched([value.name for value in model.graph.output], list(cases[0][2]))
    opsets = finish_model(
        model,
        name=request["name"],
        path=f"{request['output']}/model.onnx",
        inputs=inputs,
        outputs=outputs,
        answers=[case[2] for case in cases],
    )
    write_cases(f"{request['output']}/cases", cases)
    return {
        "framework": source.framework,
        "route": f"{source.route}, tf2onnx",
        "opsets": opsets,
        "samples": "given" if request["samples"] else "made",
        "float32Cost": None,
    }


class KerasSource:
    def __init__(self, path, folder, request):
        import keras

        try:
            self.model = keras.models.load_model(path, compile=False, safe_mode=not request["allowCode"])
        except ValueError as error:
            if "unsafe" not in str(error) and "safe_mode" not in str(error):
                raise
            raise Refusal(
                "convert/code",
                f"{os.path.basename(path)} holds a Lambda layer, which is code that runs when the model is loaded",
                "Write the layer as a class with keras.saving.register_keras_serializable; or, where you trust whoever made the "
                "file, set allowCode: true beside `from` in plimsoll.yaml.",
            ) from error
        self.framework = {"name": "keras", "version": keras.__version__}
        self.route = "SavedModel"
        self.inputs = {tensor.name.split(":")[0]: (tuple(tensor.shape), str(tensor.dtype)) for tensor in self.model.inputs}
        self.scale = normalization_of(self.model)
        saved = os.path.join(folder, "saved")
        self.model.export(saved, verbose=False)
        self.arguments = ["--saved-model", saved]

    def answers(self, inputs):
        values = list(inputs.values())
        found = self.model(values[0] if len(values) == 1 else values, training=False)
        if isinstance(found, dict):
            return {name: numpy.asarray(value) for name, value in found.items()}
        found = found if isinstance(found, (list, tuple)) else [found]
        names = [tensor._keras_history.operation.name for tensor in self.model.outputs]
        names = names if len(set(names)) == len(found) else [f"output_{place}" for place in range(len(found))]
        return {name: numpy.asarray(value) for name, value in zip(names, found)}


class SavedModelSource:
    def __init__(self, path, folder, request):
        self.module = tensorflow.saved_model.load(path)
        signature = self.module.signatures.get("serving_default")
        if signature is None:
            raise Refusal(
                "convert/tensorflow-signature",
                "the SavedModel has no signature serving_default",
                "Keep it with tf.saved_model.save(model, path, signatures=...), or with Keras' model.export(path).",
            )
        self.signature = signature
        self.framework = {"name": "tensorflow", "version": tensorflow.__version__}
        self.route = "SavedModel"
        self.scale = None
        specs = signature.structured_input_signature[1]
        self.inputs = {name: (tuple(spec.shape), spec.dtype.name) for name, spec in specs.items()}
        self.arguments = ["--saved-model", path]

    def answers(self, inputs):
        found = self.signature(**{name: tensorflow.constant(value) for name, value in inputs.items()})
        return {name: value.numpy() for name, value in found.items()}


class LiteSource:
    def __init__(self, path, folder, request):
        self.path = path
        self.interpreter = tensorflow.lite.Interpreter(model_path=path)
        self.framework = {"name": "tensorflow-lite", "version": tensorflow.__version__}
        self.route = "TensorFlow Lite"
        self.scale = None
        self.inputs = {
            plain(detail["name"]): (tuple(int(size) for size in detail["shape_signature"]), numpy.dtype(detail["dtype"]).name)
            for detail in self.interpreter.get_input_details()
        }
        self.inputs = {name: (tuple(None if size < 0 else size for size in shape), kind) for name, (shape, kind) in self.inputs.items()}
        self.arguments = ["--tflite", path]

    def answers(self, inputs):
        details = self.interpreter.get_input_details()
        for detail, value in zip(details, inputs.values()):
            self.interpreter.resize_tensor_input(detail["index"], value.shape)
        self.interpreter.allocate_tensors()
        for detail, value in zip(details, inputs.values()):
            self.interpreter.set_tensor(detail["index"], value)
        self.interpreter.invoke()
        return {plain(detail["name"]): self.interpreter.get_tensor(detail["index"]) for detail in self.interpreter.get_output_details()}


def plain(name):
    """`serving_default_features:0` and `StatefulPartitionedCall_1:0` as people would call them."""
    name = name.split(":")[0].removeprefix("serving_default_")
    return "output" if name.startswith("StatefulPartitionedCall") else name


def open_source(request, folder):
    path = request["artefact"]
    kind = KerasSource if path.endswith(".keras") else LiteSource if path.endswith(".tflite") else SavedModelSource
    return kind(path, folder, request)


def run_tf2onnx(arguments, opset, path):
    import subprocess
    import sys

    command = [sys.executable, "-m", "tf2onnx.convert", *arguments, "--opset", str(min(opset, 18)), "--output", path]
    done = subprocess.run(command, capture_output=True, text=True)
    # It writes a file that cannot run and exits with 0 where operators have no counterpart.
    unsupported = [line for line in (done.stdout + done.stderr).splitlines() if "Unsupported ops" in line]
    if unsupported:
        raise Refusal(
            "convert/tensorflow-operators",
            f"operators of this model have no counterpart in ONNX: {unsupported[0].split('Unsupported ops:')[-1].strip()}",
            "Do that step before the model (text vectorization, for instance, in the client or in a model of its own), and keep the "
            "model without it.",
        )
    if done.returncode != 0 or not os.path.exists(path):
        raise RuntimeError((done.stderr or done.stdout)[-8000:])
    return onnx.load(path)


def refuse_foreign_operators(model):
    known = {"", "ai.onnx", "ai.onnx.ml"}
    foreign = sorted({node.op_type for node in model.graph.node if node.domain not in known} | unknown_operators(model))
    if foreign:
        raise Refusal(
            "convert/tensorflow-operators",
            f"operators of this model have no counterpart in ONNX: {', '.join(foreign)}",
            "Do that step before the model, and keep the model without it.",
        )


def unknown_operators(model):
    version = next((opset.version for opset in model.opset_import if opset.domain in ("", "ai.onnx")), 18)
    return {
        node.op_type for node in model.graph.node if node.domain in ("", "ai.onnx") and not onnx.defs.has(node.op_type, version, "")
    }


def matched(found, wanted):
    """Pairs the exporter's names with readable ones: by name where they agree, else by place."""
    by_name = {name.split(":")[0]: name for name in found}
    if set(by_name) == set(wanted):
        return {by_name[name]: name for name in wanted}
    if len(found) != len(wanted):
        raise Refusal(
            "convert/tensorflow-signature",
            f"the export takes or gives {', '.join(found)} where the original has {', '.join(wanted)}",
            "Export from a SavedModel: model.export(path), then name that folder as the source.",
        )
    return dict(zip(found, wanted))


def normalization_of(model):
    """Where the data lay, as a Normalization layer remembers: (mean, deviation), or nothing."""
    for layer in model.layers:
        if type(layer).__name__ == "Normalization":
            return numpy.asarray(layer.mean), numpy.sqrt(numpy.asarray(layer.variance))
    return None


def cases_of(source, request):
    given = read_samples(request["samples"]) if request["samples"] else None
    cases = []
    for rows in ROWS:
        inputs = {}
        for name, (shape, kind) in source.inputs.items():
            inputs[name] = given[name][:rows].astype(kind) if given else made_up(source, shape, kind, rows)
        cases.append((f"together-{rows:02}", inputs, source.answers(inputs)))
    return cases


# A dimension that the model leaves open, other than the batch, gets this many more than there are rows.
OPEN_SIZE = 4


def made_up(source, shape, kind, rows):
    shape = [rows if axis == 0 else size if size is not None else OPEN_SIZE + rows for axis, size in enumerate(shape)]
    random = numpy.random.default_rng(rows)
    if kind == "string":
        return random.choice(numpy.array(["a", "b", "word", ""], dtype=object), size=shape)
    if kind.startswith(("int", "uint")):
        return random.integers(0, 2, size=shape).astype(kind)
    values = random.normal(size=shape)
    if source.scale is not None:
        values = source.scale[0] + values * source.scale[1]
    return values.astype(kind)


if __name__ == "__main__":
    converse(convert)
