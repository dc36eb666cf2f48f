"""A copy of an estimator that means the same and that skl2onnx has words for."""

import copy
import string
import sys

import numpy
from conversation import Refusal
from samples import as_texts
from sklearn_parts import all_parts, is_missing_text

# The locale that every system has without a file; it folds A to Z alone.
ASCII_LOCALE = "C"
# Unicode's own, which the image has.
LOCALE = "C.UTF-8"

ASCII_FOLD = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def convertible_of(estimator, kind):
    """For inputs of that kind: the copy, and the locale by which each of its vectorizers folds case."""
    twin = copy.deepcopy(estimator)
    locales = {}
    for part in all_parts(twin):
        if hasattr(part, "build_analyzer"):
            locales[id(part)] = settle_preprocessor(part)
        settle_missing_texts(part)
        if getattr(part, "encode", None) == "onehot":
            # Sparse or not, the bins' columns are the same, and skl2onnx takes them dense.
            part.encode = "onehot-dense"
        if hasattr(part, "flatten_transform"):
            # Of a vote, which is no answer of a classifier; skl2onnx refuses it where it is on.
            part.flatten_transform = False
        if kind == "float32":
            settle_thresholds(part)
    return twin, locales


def settle_preprocessor(vectorizer):
    """A preprocessor is any code; what it does to each letter there is tells whether ONNX can do it."""
    preprocessor = vectorizer.preprocessor
    if preprocessor is None:
        return LOCALE
    for lowercase, locale, means in FOLDINGS:
        if all(preprocessor(text) == means(text) for text in every_letter()):
            vectorizer.set_params(preprocessor=None, lowercase=lowercase)
            return locale
    raise Refusal(
        "convert/sklearn-preprocessor",
        "the vectorizer has a preprocessor of its own that does more than fold letters, and ONNX has no words for it",
        "Leave preprocessor out, or use one that only folds A to Z, such as operator.methodcaller('translate', table) in "
        "examples/sklearn; do the rest before the model.",
    )


FOLDINGS = (
    (True, ASCII_LOCALE, lambda text: text.translate(ASCII_FOLD)),
    (False, LOCALE, lambda text: text),
    (True, LOCALE, lambda text: text.lower()),
)


def every_letter():
    """All that Unicode has, each between others, since some foldings depend on what stands beside."""
    for place in range(sys.maxunicode + 1):
        if not 0xD800 <= place <= 0xDFFF:
            yield f"aB{chr(place)}Cd {chr(place)}"


def settle_missing_texts(part):
    """ONNX has no missing texts: the empty one stands for them, on both sides."""
    if getattr(part, "statistics_", None) is not None and part.statistics_.dtype.kind in "OUS":
        part.missing_values = ""
        part.statistics_ = as_texts(part.statistics_)
    categories = getattr(part, "categories_", None)
    if categories is not None:
        part.categories_ = [
            as_texts(values) if any(is_missing_text(value) for value in values) and values.dtype.kind == "O" else values
            for values in categories
        ]


def settle_thresholds(part):
    """The largest 32-bit number that is no larger: the same side for every 32-bit value, where rounding may lie on the other."""
    if hasattr(part, "tree_"):
        part.tree_.threshold[:] = rounded_down(part.tree_.threshold)
    for predictor in [predictor for predictors in getattr(part, "_predictors", []) for predictor in predictors]:
        predictor.nodes["num_threshold"] = rounded_down(predictor.nodes["num_threshold"])


    if hasattr(part, "bin_edges_"):
        # A value at an edge belongs above it, where in a tree it belongs below.
        part.bin_edges_ = numpy.array([-rounded_down(-edges) for edges in part.bin_edges_] + [None], dtype=object)[:-1]


def rounded_down(values):
    near = values.astype("float32")
    return numpy.where(near.astype("float64") > values, numpy.nextafter(near, numpy.float32("-inf")), near).astype("float64")
