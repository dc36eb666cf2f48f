"""Models of Keras and TensorFlow of many kinds, and some that cannot be converted."""

import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers  # noqa: E402
from manifest import OUT, kept, write  # noqa: E402

keras.utils.set_random_seed(0)
TEXTS = ["The app crashes, at once!", "please send my money back", "the invoice is wrong", "I can't sign in", "crash on start"]


def keep(kind, model, samples=None, code=None, **keys):
    file = f"{kind.replace(', ', '-').replace(' ', '-')}.keras"
    model.save(OUT / file)
    kept(kind, file, samples, code, **keys)


def sequential(*parts):
    return keras.Sequential(list(parts))


def networks():
    random = np.random.default_rng(0)
    np.savez(OUT / "numbers.npz", features=random.normal(5, 2, size=(200, 4)).astype("float32"))
    numbers = keras.Input((4,), name="features")
    keep("MLP", sequential(numbers, layers.Dense(8, activation="relu"), layers.Dense(3, activation="softmax")), "numbers.npz")
    scale = layers.Normalization()
    scale.adapt(random.normal(5, 2, size=(200, 4)))
    keep("Normalization", sequential(keras.Input((4,), name="features"), scale, layers.Dense(3)), "numbers.npz")
    picture = keras.Input((12, 12, 3), name="picture")
    keep("CNN", sequential(picture, layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization(), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(3)))
    for kind, layer in (("LSTM", layers.LSTM(8)), ("GRU", layers.GRU(8)), ("bidirectional", layers.Bidirectional(layers.LSTM(4)))):
        keep(f"RNN with dynamic time, {kind}", sequential(keras.Input((None, 3), name="steps"), layer, layers.Dense(2)))
    steps = keras.Input((None, 8), name="steps")
    attended = layers.MultiHeadAttention(2, 4)(steps, steps)
    keep("transformer", keras.Model(steps, layers.Dense(2)(layers.GlobalAveragePooling1D()(layers.LayerNormalization()(attended + steps)))))
    two = [keras.Input((3,), name="left"), keras.Input((2,), name="right")]
    joined = layers.Concatenate()(two)
    keep("two inputs, two outputs", keras.Model(two, {"sum": layers.Dense(1)(joined), "kind": layers.Dense(2, activation="softmax")(joined)}))


def texts():
    (OUT / "texts.json").write_text(json.dumps([{"text": text} for text in [*TEXTS, "", "?!", "CRASH  café\tİ", "don't"]]))
    # The mean of no words at all is no number in Keras.
    (OUT / "words.json").write_text(json.dumps([{"text": text} for text in TEXTS]))
    for mode, keys in (("multi_hot", {}), ("count", {}), ("tf_idf", {}), ("int", {"output_sequence_length": 6}), ("int", {}), ("count", {"ngrams": 2})):
        words = layers.TextVectorization(output_mode=mode, **keys)
        words.adapt(TEXTS)
        text = keras.Input((), dtype="string", name="text")
        inner = words(text)
        if mode == "int":
            inner = layers.GlobalAveragePooling1D()(layers.Embedding(words.vocabulary_size(), 4)(inner))
        what = ", ".join([mode, *(f"{key} {value}" for key, value in keys.items())]).replace("_", " ")
        keep(f"text pipeline, {what}", keras.Model(text, layers.Dense(3, activation="softmax")(inner)), "words.json" if mode == "int" else "texts.json")
    letters = layers.TextVectorization(output_mode="count", split="character", standardize="lower")
    letters.adapt(TEXTS)
    text = keras.Input((1,), dtype="string", name="text")
    keep("text pipeline, letters", keras.Model(text, layers.Dense(3)(letters(text))), "texts.json")
    lookup = layers.StringLookup(vocabulary=["red", "green", "blue"], output_mode="one_hot")
    (OUT / "colours.json").write_text(json.dumps([{"colour": value} for value in ["red", "blue", "purple", ""]]))
    colour = keras.Input((1,), dtype="string", name="colour")
    keep("lookup with unknown words", keras.Model(colour, layers.Dense(2)(lookup(colour))), "colours.json")


def saved():
    model = sequential(keras.Input((4,), name="features"), layers.Dense(3, activation="softmax", name="probabilities"))
    model.export(OUT / "saved", verbose=False)
    kept("SavedModel", "saved", "numbers.npz")
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    (OUT / "mlp.tflite").write_bytes(converter.convert())
    kept("TensorFlow Lite", "mlp.tflite")

    class Branching(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="features")])
        def serve(self, features):
            return {"answer": tf.cond(tf.reduce_sum(features) > 0, lambda: features * 2, lambda: features - 1)}

    module = Branching()
    tf.saved_model.save(module, OUT / "branching", signatures={"serving_default": module.serve})
    kept("SavedModel with a branch", "branching")
    tf.saved_model.save(tf.Module(), OUT / "empty")
    kept("SavedModel without a signature", "empty", code="convert/tensorflow-signature")


@keras.saving.register_keras_serializable(package="bench")
class Doubled(layers.Layer):
    """A layer of somebody's own, which the converter's process cannot know."""

    def call(self, rows):
        return rows * 2


@keras.saving.register_keras_serializable(package="bench")
def shout(texts):
    return tf.strings.upper(texts)


def refused():
    numbers = lambda: keras.Input((4,), name="features")  # noqa: E731
    keep("Lambda layer", sequential(numbers(), layers.Lambda(lambda rows: rows * 2)), code="convert/code")
    keep("own layer", sequential(numbers(), Doubled()), code="convert/keras-own-layer")
    words = layers.TextVectorization(output_mode="count", standardize=shout)
    words.adapt(TEXTS)
    text = keras.Input((), dtype="string", name="text")
    keep("text standardised by a function", keras.Model(text, layers.Dense(2)(words(text))), code="convert/keras-own-layer")
    plain = layers.TextVectorization(output_mode="count")
    plain.adapt(TEXTS)
    keras.Model(text, layers.Dense(2)(plain(text))).export(OUT / "text-saved", verbose=False)
    kept("SavedModel with texts", "text-saved", code="convert/tensorflow-operators")


if __name__ == "__main__":
    for part in (networks, texts, saved, refused):
        part()
    write()
