"""
Models that Keras and tf2onnx write, for bench/memory-figures.ts: by SavedModel, with random weights.

    uv pip install tensorflow-cpu==2.21.0 keras==3.15.1 tf2onnx==1.17.0 onnx==1.23.2 h5py==3.14.0
    python bench/zoo_keras.py FOLDER [NAME...]
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import keras
import onnx
from keras import layers

B = lambda *sizes: [{"batch": size} for size in sizes]


def mobilenet():
    return keras.applications.MobileNetV2(weights=None, input_shape=(160, 160, 3))


def text():
    words = keras.Input((None,), dtype="int32", name="words")
    x = layers.Embedding(20_000, 128)(words)
    x = layers.Bidirectional(layers.LSTM(128, return_sequences=True))(x)
    x = layers.Bidirectional(layers.LSTM(64))(x)
    return keras.Model(words, layers.Dense(20, activation="softmax")(x))


def unet():
    image = keras.Input((192, 192, 3), name="image")
    x, skips = image, []
    for width in (16, 32, 64):
        for _ in range(2):
            x = layers.Activation("relu")(layers.BatchNormalization()(layers.Conv2D(width, 3, padding="same")(x)))
        skips.append(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(128, 3, padding="same", activation="relu")(x)
    for skip, width in zip(reversed(skips), (64, 32, 16)):
        x = layers.Concatenate()([layers.Conv2DTranspose(width, 2, strides=2, padding="same")(x), skip])
        x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
    x = layers.UpSampling2D(2, interpolation="bilinear")(x)
    return keras.Model(image, layers.Conv2D(1, 1, activation="sigmoid")(x))


ZOO = {
    "keras_mobilenet": (mobilenet, B(1, 8, 24)),
    "keras_text": (text, [{"batch": 1, "length": 10}, {"batch": 8, "length": 80}, {"batch": 32, "length": 200}]),
    "keras_unet": (unet, B(1, 4, 12)),
}


def convert(model, path):
    with tempfile.TemporaryDirectory() as scratch:
        model.export(scratch, verbose=False)
        subprocess.run([sys.executable, "-m", "tf2onnx.convert", "--saved-model", scratch, "--output", str(path), "--opset", "17"], check=True, capture_output=True)


def name_axes(path, names):
    """tf2onnx gives open dimensions numbers for names, other ones each time."""
    written = onnx.load(path)
    for value in written.graph.input:
        open_axes = [dim for dim in value.type.tensor_type.shape.dim if not dim.HasField("dim_value")]
        for dim, name in zip(open_axes, names):
            dim.dim_param = name
    onnx.save(written, path)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or ZOO:
        make, shapes = ZOO[name]
        keras.utils.set_random_seed(0)
        convert(make(), folder / f"{name}.onnx")
        name_axes(folder / f"{name}.onnx", list(shapes[0]))
        (folder / f"{name}.json").write_text(json.dumps(shapes))
        print(name, "written", flush=True)


main()
