"""Trains a small convolutional network that tells by which strokes a picture was drawn, and keeps it."""

import os
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: E402
import numpy  # noqa: E402

HERE = Path(__file__).parent
SIZE = 16
STROKES = ("across", "down", "falling", "rising")


def main():
    keras.utils.set_random_seed(0)
    pictures, labels = draw(2000, numpy.random.default_rng(0))
    test_pictures, test_labels = draw(400, numpy.random.default_rng(1))
    model = keras.Sequential(
        [
            keras.Input((SIZE, SIZE, 1), name="picture"),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(8, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(16, 3, activation="relu"),
            keras.layers.GlobalMaxPooling2D(),
            keras.layers.Dense(len(STROKES), activation="softmax", name="probabilities"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(pictures, labels, epochs=8, batch_size=32, verbose=0)
    accuracy = model.evaluate(test_pictures, test_labels, verbose=0)[1]
    print(f"accuracy {accuracy:.3f} on {len(test_labels)} pictures that were held out")
    model.save(HERE / "model.keras")


def draw(count, random):
    """Grey pictures of one stroke each, with noise, and which stroke it is."""
    labels = random.integers(0, len(STROKES), size=count)
    pictures = random.normal(40, 20, size=(count, SIZE, SIZE))
    steps = numpy.arange(10)
    for picture, label in zip(pictures, labels):
        row, column = random.integers(0, SIZE - 10, size=2)
        rows = {0: row + 5 + 0 * steps, 1: row + steps, 2: row + steps, 3: row + 9 - steps}[int(label)]
        columns = column + 5 + 0 * steps if label == 1 else column + steps
        picture[rows, columns] = 220
    return pictures.clip(0, 255).astype("float32")[..., None], labels


if __name__ == "__main__":
    main()
