"""What an estimator of scikit-learn takes: names and ONNX types of its inputs, rows that suit it, and how they are handed over."""

import numpy
from conversation import Refusal
from samples import as_numbers, as_texts
from sklearn_columns import columns_of
from sklearn_memory import remembered
from sklearn_parts import first_of, parts_of

# Of made-up rows, how many cells are missing where the estimator takes that.
MISSING_SHARE = 0.08


class Form:
    """`names`, ONNX types, how to make rows up, and how to hand them over; numbers are `kind` wide, `float32` or `float64`."""

    def __init__(self, names, make, hand_over):
        self.names, self.make, self.hand_over = names, make, hand_over

    def types(self, kind):
        raise NotImplementedError

    def take(self, given):
        """The user's own rows, as this form's inputs, with 64-bit floats."""
        missing = [name for name in self.columns(given) if name not in given]
        if missing:
            raise Refusal(
                "convert/samples",
                f"the samples have no {', '.join(missing)}; they have {', '.join(given)}",
                f"Give the samples columns named {', '.join(self.columns(given))}.",
            )
        return self.gather(given)

    def columns(self, given):
        return self.names

    def gather(self, given):
        raise NotImplementedError


class TextForm(Form):
    """A vectorizer comes first: a list of texts."""

    def __init__(self, vectorizer):
        words = sorted(getattr(vectorizer, "vocabulary_", None) or {"a word": 0, "another": 1})

        def make(rows, random):
            texts = [" ".join(random.choice(words, size=int(random.integers(1, 12)))) for _ in range(rows)]
            return {"text": numpy.array(texts, dtype=object)}

        super().__init__(["text"], make, lambda inputs: list(inputs["text"]))

    def types(self, kind):
        from skl2onnx.common.data_types import StringTensorType

        return [("text", StringTensorType([None]))]

    def columns(self, given):
        # Whatever a single column is called, it is the texts.
        return ["text"] if "text" in given or len(given) != 1 else list(given)

    def gather(self, given):
        return {"text": as_texts(given[self.columns(given)[0]]).ravel()}


class MatrixForm(Form):
    """A matrix of numbers, or of texts where an encoder of texts comes first."""

    def __init__(self, estimator, first):
        self.width = int(first.n_features_in_)
        self.fields = [str(name) for name in getattr(first, "feature_names_in_", [])] or None
        categories = getattr(first, "categories_", None)
        self.is_text = categories is not None and any(values.dtype.kind in "OUS" for values in categories)

        def make(rows, random):
            if categories is not None:
                read = as_texts if self.is_text else numpy.asarray
                columns = [random.choice(read(numpy.asarray(values, dtype=object)), size=rows) for values in categories]
                return {"features": numpy.stack(columns, axis=1).astype(object if self.is_text else "float32")}
            return {"features": numbers_for(estimator, self.width, rows, random)}

        def hand_over(inputs):
            # Some estimators take the width that they were fitted with and no other, which is 64 bits nearly always.
            matrix = inputs["features"]
            return framed(matrix.astype("float64") if matrix.dtype.kind == "f" else matrix, self.fields)

        super().__init__(["features"], make, hand_over)

    def types(self, kind):
        return [("features", onnx_type("text" if self.is_text else kind, [None, self.width]))]

    def columns(self, given):
        return ["features"] if "features" in given else (self.fields or list(given))

    def gather(self, given):
        columns = [self.read(given[name], name) for name in self.columns(given)]
        matrix = columns[0] if "features" in given else numpy.stack(columns, axis=1)
        if matrix.shape[1:] != (self.width,):
            raise Refusal(
                "convert/samples",
                f"the samples have {matrix.shape[1]} columns, and the model takes {self.width}",
                "Give the samples the columns that the model was trained on.",
            )
        return {"features": matrix}

    def read(self, values, name):
        return as_texts(values) if self.is_text else as_numbers(values, name)


class ColumnsForm(Form):
    """A ColumnTransformer comes first: an input for each column, named as the column is."""

    def __init__(self, transformer):
        self.all = [str(name) for name in transformer.feature_names_in_]
        self.used = columns_of(transformer)
        make = lambda rows, random: {name: column.make(rows, random) for name, column in self.used.items()}  # noqa: E731
        super().__init__(list(self.used), make, self.frame)

    def frame(self, inputs):
        import pandas

        rows = len(next(iter(inputs.values())))
        return pandas.DataFrame({name: self.column(name, inputs[name]) if name in inputs else numpy.zeros(rows) for name in self.all})

    def column(self, name, values):
        return self.used[name].as_trained(values.ravel())

    def types(self, kind):
        return [(name, onnx_type("text" if column.is_text else kind, [None, 1])) for name, column in self.used.items()]

    def gather(self, given):
        return {
            name: (as_texts(given[name]) if column.is_text else as_numbers(given[name], name)).reshape(-1, 1)
            for name, column in self.used.items()
        }


def onnx_type(kind, shape):
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType

    return {"float32": FloatTensorType, "float64": DoubleTensorType, "text": StringTensorType}[kind](shape)


def form_of(estimator):
    first = first_of(estimator)
    if hasattr(first, "build_analyzer"):
        return TextForm(first)
    if hasattr(first, "transformers_") and hasattr(first, "feature_names_in_"):
        return ColumnsForm(first)
    if type(first).__module__.partition(".")[0] not in ("sklearn", "xgboost", "lightgbm"):
        raise Refusal(
            "convert/sklearn-no-converter",
            f"{type(first).__name__} has no converter to ONNX",
            "Use an estimator of scikit-learn in its place, or do that step before the model.",
        )
    if not hasattr(first, "n_features_in_"):
        raise Refusal(
            "convert/not-fitted",
            f"{type(first).__name__} does not know how many columns it takes: it was kept before it was fitted",
            "Call fit before keeping the model.",
        )
    return MatrixForm(estimator, first)


def with_missing(inputs, random):
    """Rows in which some numbers are missing."""
    return {name: pierced(values, random) for name, values in inputs.items()}


def without_negatives(inputs):
    return {name: numpy.abs(values) if values.dtype.kind == "f" else values for name, values in inputs.items()}


def pierced(values, random):
    if values.dtype.kind != "f":
        return values
    return numpy.where(random.random(values.shape) < MISSING_SHARE, numpy.float32("nan"), values)


def numbers_for(estimator, width, rows, random):
    middle, spread = remembered(list(parts_of(estimator)), width) or (numpy.zeros(width), numpy.ones(width))
    return random.normal(middle, spread, size=(rows, width)).astype("float32")


def framed(matrix, fields):
    if fields is None:
        return matrix
    import pandas

    return pandas.DataFrame(matrix, columns=fields)
