"""Trains the ticket classifier of examples/sklearn with Keras, texts and all, and keeps it."""

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: E402
import numpy  # noqa: E402
import tensorflow  # noqa: E402

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "sklearn"))

from make_data import COUNT, SEED, make_tickets  # noqa: E402
from odd_tickets import ODD_TICKETS  # noqa: E402

HELD_OUT = 800
# Of the held-out tickets, how many are compared beside the odd ones.
COMPARED = 100


def main():
    keras.utils.set_random_seed(0)
    tensorflow.config.experimental.enable_op_determinism()
    tickets = make_tickets(COUNT, SEED)
    texts = numpy.array([text for text, _ in tickets], dtype=object)
    categories = sorted({category for _, category in tickets})
    labels = numpy.array([categories.index(category) for _, category in tickets])
    order = numpy.random.default_rng(0).permutation(len(texts))
    held_out, rest = order[:HELD_OUT], order[HELD_OUT:]

    network = classifier(texts[rest], categories)
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    network.fit(strings(texts[rest]), labels[rest], epochs=10, batch_size=64, verbose=0)
    accuracy = network.evaluate(strings(texts[held_out]), labels[held_out], verbose=0)[1]
    print(f"accuracy {accuracy:.3f} on {HELD_OUT} tickets that were held out")
    answering(network, categories).save(HERE / "model.keras")
    rows = [{"text": text} for text in [*texts[held_out][:COMPARED], *ODD_TICKETS.values()]]
    (HERE / "samples.json").write_text(json.dumps(rows, ensure_ascii=False, indent=0), encoding="utf-8")


def classifier(texts, categories):
    """Texts [batch] in, probabilities [batch, categories] out: how often each word comes, weighed by how rare it is."""
    words = keras.layers.TextVectorization(max_tokens=2000, output_mode="tf_idf")
    words.adapt(strings(texts))
    text = keras.Input((), dtype="string", name="text")
    probabilities = keras.layers.Dense(len(categories), activation="softmax", name="probabilities")(words(text))
    return keras.Model(text, probabilities)


def answering(network, categories):
    """The same with the category by its name, as scikit-learn's classifiers give it."""
    # As argmax gives it, whose operators of TensorFlow have no counterpart in ONNX.
    places = keras.ops.squeeze(keras.ops.top_k(network.output, k=1)[1], axis=-1)
    names = keras.layers.StringLookup(vocabulary=categories, num_oov_indices=0, invert=True, name="label")
    return keras.Model(network.input, {"label": names(places), "probabilities": network.output})


def strings(texts):
    return tensorflow.constant([text.encode("utf-8") for text in texts])


if __name__ == "__main__":
    main()
