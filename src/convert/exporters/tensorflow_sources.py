"""What TensorFlow and Keras keep: their inputs, their own answers, and the ways to export them."""

import os

import numpy
import tensorflow
from conversation import Refusal
from tensorflow_texts import Texts
from tf2onnx_program import by_function, by_program


class Source:
    """What all of them are unless they say otherwise: in 32 bits, with no memory of the data, and no texts to split off."""

    is_half, scale, words, texts = False, None, [], None


class KerasSource(Source):
    """A `.keras` file."""

    def __init__(self, path, request):
        import keras

        self.model = load_keras(keras, path, request["allowCode"])
        self.framework = {"name": "keras", "version": keras.__version__}
        self.inputs = {tensor.name.split(":")[0]: (tuple(tensor.shape), str(tensor.dtype)) for tensor in self.model.inputs}
        self.scale = normalization_of(self.model)
        self.words = vocabulary_of(self.model)
        self.texts = Texts(self.model)
        self.is_half = any(layer.compute_dtype in ("float16", "bfloat16") for layer in self.model._flatten_layers())
        self.exported = self.texts.rest or self.model
        self.exported_inputs = [tensor.name.split(":")[0] for tensor in self.exported.inputs]

    def routes(self):
        ways = [
            ("SavedModel, tf2onnx", self.by_saved_model),
            ("Keras’ own export", self.by_keras),
            ("TensorFlow Lite, tf2onnx", self.by_lite),
        ]
        return [(f"{name}, with its texts split off", way) for name, way in ways] if self.texts.layers else ways

    def by_saved_model(self, folder, opset):
        saved = os.path.join(folder, "saved")
        self.exported.export(saved, verbose=False)
        return by_program(["--saved-model", saved], opset, folder)

    def by_keras(self, folder, opset):
        import onnx

        path = os.path.join(folder, "exported.onnx")
        # A file that was loaded counts as never called.
        self.exported(structured([tensorflow.zeros([size or 1 for size in tensor.shape], tensor.dtype) for tensor in self.exported.inputs]))
        self.exported.export(path, format="onnx", opset_version=min(opset, 18), verbose=False)
        return onnx.load(path)

    def by_lite(self, folder, opset):
        return lite(tensorflow.lite.TFLiteConverter.from_keras_model(self.exported), folder, opset)

    def answers(self, inputs):
        found = self.model(structured([tensor_of(value) for value in inputs.values()]), training=False)
        if isinstance(found, dict):
            return {name: numpy.asarray(value) for name, value in found.items()}
        found = found if isinstance(found, (list, tuple)) else [found]
        names = [tensor._keras_history.operation.name for tensor in self.model.outputs]
        names = names if len(set(names)) == len(found) else [f"output_{place}" for place in range(len(found))]
        return {name: numpy.asarray(value) for name, value in zip(names, found)}


def structured(values):
    """As Keras takes them: one by itself, several as a list."""
    return values[0] if len(values) == 1 else values


def load_keras(keras, path, allow_code):
    try:
        return keras.models.load_model(path, compile=False, safe_mode=not allow_code)
    except ValueError as error:
        if "unsafe" not in str(error) and "safe_mode" not in str(error):
            raise
        raise Refusal(
            "convert/code",
            f"{os.path.basename(path)} holds a Lambda layer, which is code that runs when the model is loaded",
            "Write the layer as a class with keras.saving.register_keras_serializable; or, where you trust whoever made the "
            "file, set allowCode: true beside `from` in plimsoll.yaml, or give --allow-code.",
        ) from error


class SavedModelSource(Source):
    """A folder with `saved_model.pb`."""

    def __init__(self, path, request):
        self.path = path
        self.module = tensorflow.saved_model.load(path)
        names = list(self.module.signatures)
        self.name = names[0] if len(names) == 1 else "serving_default"
        self.signature = self.module.signatures.get(self.name)
        if self.signature is None:
            raise Refusal(
                "convert/tensorflow-signature",
                f"the SavedModel has no signature serving_default, but {', '.join(names) or 'none'}",
                "Keep the one to serve it with tf.saved_model.save(model, path, signatures={'serving_default': ...}), or with Keras' model.export(path).",
            )
        self.framework = {"name": "tensorflow", "version": tensorflow.__version__}
        specs = self.signature.structured_input_signature[1]
        self.inputs = {name: (tuple(spec.shape), spec.dtype.name) for name, spec in specs.items()}
        self.exported_inputs = list(self.inputs)

    def routes(self):
        return [
            ("SavedModel, tf2onnx", self.by_saved_model),
            ("a function, tf2onnx", self.by_function),
            ("TensorFlow Lite, tf2onnx", self.by_lite),
        ]

    def by_saved_model(self, folder, opset):
        return by_program(["--saved-model", self.path, "--signature_def", self.name], opset, folder)

    def by_function(self, folder, opset):
        specs = [tensorflow.TensorSpec(shape, kind, name=name) for name, (shape, kind) in self.inputs.items()]
        call = tensorflow.function(lambda *values: self.signature(**dict(zip(self.inputs, values))))
        return by_function(call, specs, opset)

    def by_lite(self, folder, opset):
        return lite(tensorflow.lite.TFLiteConverter.from_saved_model(self.path, signature_keys=[self.name]), folder, opset)

    def answers(self, inputs):
        found = self.signature(**{name: tensor_of(value) for name, value in inputs.items()})
        return {name: value.numpy() for name, value in found.items()}


class LiteSource(Source):
    """A `.tflite` file."""

    def __init__(self, path, request):
        self.path = path
        self.interpreter = tensorflow.lite.Interpreter(model_path=path)
        self.framework = {"name": "tensorflow-lite", "version": tensorflow.__version__}
        self.inputs = {
            plain(detail["name"]): (
                tuple(None if size < 0 else int(size) for size in detail["shape_signature"]),
                "string" if detail["dtype"] in (bytes, numpy.bytes_, numpy.object_) else numpy.dtype(detail["dtype"]).name,
            )
            for detail in self.interpreter.get_input_details()
        }
        self.exported_inputs = list(self.inputs)

    def routes(self):
        return [("TensorFlow Lite, tf2onnx", lambda folder, opset: by_program(["--tflite", self.path], opset, folder))]

    def answers(self, inputs):
        details = self.interpreter.get_input_details()
        for detail, value in zip(details, inputs.values()):
            self.interpreter.resize_tensor_input(detail["index"], value.shape)
        self.interpreter.allocate_tensors()
        for detail, value in zip(details, inputs.values()):
            self.interpreter.set_tensor(detail["index"], value)
        self.interpreter.invoke()
        return {plain(detail["name"]): self.interpreter.get_tensor(detail["index"]) for detail in self.interpreter.get_output_details()}


def open_source(request):
    path = request["artefact"]
    kind = KerasSource if path.endswith(".keras") else LiteSource if path.endswith(".tflite") else SavedModelSource
    return kind(path, request)


def lite(converter, folder, opset):
    path = os.path.join(folder, "exported.tflite")
    with open(path, "wb") as file:
        file.write(converter.convert())
    return by_program(["--tflite", path], opset, folder)


def plain(name):
    """`serving_default_features:0` and `StatefulPartitionedCall_1:0` as people would call them."""
    name = name.split(":")[0].removeprefix("serving_default_")
    return "output" if name.startswith("StatefulPartitionedCall") else name


def tensor_of(values):
    if values.dtype.kind != "O":
        return tensorflow.constant(values)
    encoded = [value.encode("utf-8") if isinstance(value, str) else value for value in values.ravel()]
    return tensorflow.reshape(tensorflow.constant(encoded, dtype="string"), values.shape)


def normalization_of(model):
    """Where the data lay, as a Normalization layer remembers: (mean, deviation), or nothing."""
    for layer in model.layers:
        if type(layer).__name__ == "Normalization":
            return numpy.asarray(layer.mean), numpy.sqrt(numpy.asarray(layer.variance))
    return None


def vocabulary_of(model):
    """Words that the model knows, of any layer that has some."""
    for layer in model._flatten_layers():
        if type(layer).__name__ in ("TextVectorization", "StringLookup") and not getattr(layer, "invert", False):
            return [word for word in layer.get_vocabulary() if word not in ("", "[UNK]")]
    return []
