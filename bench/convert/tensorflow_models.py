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


def more_networks():
    """As people keep them: masks, functional models of several inputs, lookups of numbers, half precision, a network as in phones."""
    random = np.random.default_rng(1)
    tokens, length = keras.Input((None,), dtype="int32", name="tokens"), keras.Input((1,), name="length")
    embedded = layers.Embedding(20, 6, mask_zero=True)(tokens)
    keep("two inputs, masked GRU", keras.Model([tokens, length], layers.Dense(2)(layers.Concatenate()([layers.GRU(5)(embedded), length]))))
    steps = keras.Input((None, 3), name="steps")
    keep("convolution over dynamic time", keras.Model(steps, layers.Dense(2)(layers.GlobalMaxPooling1D()(layers.Conv1D(4, 3, padding="causal")(steps)))))
    numbers = keras.Input((1,), name="age")
    bins = layers.CategoryEncoding(4, output_mode="one_hot")(layers.Discretization([20.0, 40.0, 60.0])(numbers))
    keep("numbers in bins", keras.Model(numbers, layers.Dense(2)(bins)), code="convert/tensorflow-operators")
    codes = keras.Input((1,), dtype="int64", name="code")
    keep("lookup of numbers", keras.Model(codes, layers.Dense(2)(layers.IntegerLookup(vocabulary=[10, 20, 30], output_mode="one_hot")(codes))), code="convert/tensorflow-operators")
    picture = keras.Input((16, 16, 3), name="picture")
    inner = layers.Rescaling(1 / 255)(layers.RandomFlip()(picture))
    inner = layers.Activation("hard_swish")(layers.BatchNormalization()(layers.DepthwiseConv2D(3, padding="same")(inner)))
    keep("CNN as in phones", keras.Model(picture, layers.Dense(3, activation="softmax")(layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(inner)))))
    keras.mixed_precision.set_global_policy("mixed_float16")
    features = keras.Input((4,), name="features")
    keep("half precision inside", keras.Model(features, layers.Dense(3, dtype="float32")(layers.Dense(8, activation="relu")(features))))
    keras.mixed_precision.set_global_policy("float32")
    fitted = keras.Sequential([layers.Dense(8, activation="relu"), layers.Dense(1)])
    fitted.compile(loss="mse")
    fitted.fit(random.normal(size=(32, 5)), random.normal(size=32), verbose=0)
    keep("Sequential without an input layer", fitted)


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

    class Several(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="features")])
        def score(self, features):
            return {"score": tf.reduce_sum(features, axis=1)}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="texts")])
        def parse(self, texts):
            return {"length": tf.strings.length(texts)}

    several = Several()
    tf.saved_model.save(several, OUT / "several", signatures={"serving_default": several.score, "parse": several.parse})
    kept("SavedModel with several signatures", "several")
    tf.saved_model.save(several, OUT / "named", signatures={"score": several.score})
    kept("SavedModel with one signature by another name", "named")
    tf.saved_model.save(several, OUT / "unclear", signatures={"score": several.score, "parse": several.parse})
    kept("SavedModel with two signatures, none the default", "unclear", code="convert/tensorflow-signature")
    whole = tf.lite.TFLiteConverter.from_keras_model(model)
    whole.optimizations = [tf.lite.Optimize.DEFAULT]
    whole.representative_dataset = lambda: ([np.random.default_rng(2).normal(size=(1, 4)).astype("float32")] for _ in range(20))
    (OUT / "quantised.tflite").write_bytes(whole.convert())
    kept("TensorFlow Lite, quantised inside", "quantised.tflite")
    whole.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    whole.inference_input_type = whole.inference_output_type = tf.int8
    (OUT / "int8.tflite").write_bytes(whole.convert())
    kept("TensorFlow Lite, int8", "int8.tflite")
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
    for part in (networks, more_networks, texts, saved, refused):
        part()
    write()
