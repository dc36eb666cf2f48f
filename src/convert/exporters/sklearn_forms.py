"""What an estimator of scikit-learn takes: names and ONNX types of its inputs, rows that suit it, and how they are handed over."""

import numpy
from conversation import Refusal
from samples import as_numbers, as_texts
from sklearn_parts import all_parts, first_of, is_missing_text, parts_of, steps_of

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
            if self.is_text:
                columns = [random.choice(as_texts(numpy.asarray(values, dtype=object)), size=rows) for values in categories]
                return {"features": numpy.stack(columns, axis=1).astype(object)}
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
        read = as_texts if self.is_text else lambda values: as_numbers(values, "features")
        if "features" in given:
            matrix = read(given["features"])
        else:
            matrix = numpy.stack([as_texts(given[name]) if self.is_text else as_numbers(given[name], name) for name in self.columns(given)], axis=1)
        if matrix.shape[1:] != (self.width,):
            raise Refusal(
                "convert/samples",
                f"the samples have {matrix.shape[1]} columns, and the model takes {self.width}",
                "Give the samples the columns that the model was trained on.",
            )
        return {"features": matrix}


class ColumnsForm(Form):
    """A ColumnTransformer comes first: an input for each column, named as the column is."""

    def __init__(self, transformer):
        self.all = [str(name) for name in transformer.feature_names_in_]
        self.kinds = column_kinds(transformer, self.all)
        self.missing = missing_marks(transformer, self.all)

        def make(rows, random):
            scales = column_scales(transformer)
            made = {}
            for name, values in self.kinds.items():
                if values is not None:
                    made[name] = random.choice(values, size=(rows, 1)).astype(object)
                else:
                    middle, spread = scales.get(name, (0.0, 1.0))
                    made[name] = random.normal(middle, spread, size=(rows, 1)).astype("float32")
            return made

        super().__init__(list(self.kinds), make, self.frame)

    def frame(self, inputs):
        import pandas

        rows = len(next(iter(inputs.values())))
        return pandas.DataFrame({name: self.column(name, inputs[name]) if name in inputs else numpy.zeros(rows) for name in self.all})

    def column(self, name, values):
        """As the estimator was trained on it: a missing text is not the empty one, as it is in ONNX, but has a mark of its own."""
        values = values.ravel()
        if name in self.missing:
            return numpy.array([self.missing[name] if value == "" else value for value in values], dtype=object)
        return values

    def types(self, kind):
        return [(name, onnx_type(kind if values is None else "text", [None, 1])) for name, values in self.kinds.items()]

    def gather(self, given):
        return {
            name: (as_numbers(given[name], name) if values is None else as_texts(given[name])).reshape(-1, 1)
            for name, values in self.kinds.items()
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
    if not hasattr(first, "n_features_in_"):
        raise Refusal(
            "convert/not-fitted",
            f"{type(first).__name__} does not know how many columns it takes: it was kept before it was fitted",
            "Call fit before keeping the model.",
        )
    return MatrixForm(estimator, first)


def with_missing(inputs, answer, random):
    """Made-up rows in which some numbers are missing, where the estimator answers such rows."""
    holed = {name: pierced(values, random) for name, values in inputs.items()}
    try:
        answer({name: values[:8] for name, values in holed.items()})
        return holed
    except Exception:
        return inputs


def pierced(values, random):
    if values.dtype.kind != "f":
        return values
    return numpy.where(random.random(values.shape) < MISSING_SHARE, numpy.float32("nan"), values)


def column_kinds(transformer, names):
    """For each column that is used: the texts it may hold, or `None` for numbers."""
    kinds = {}
    for _, part, columns in transformer.transformers_:
        if isinstance(part, str) and part == "drop":
            continue
        for place, name in enumerate(chosen(columns, names)):
            kinds[name] = texts_of(part, place) if kinds.get(name) is None else kinds[name]
    return {name: kinds[name] for name in names if name in kinds}


def missing_marks(transformer, names):
    """What stands for a missing text, in the columns where something does."""
    marks = {}
    for _, part, columns in transformer.transformers_:
        for step in steps_of(part):
            for place, name in enumerate(chosen(columns, names)):
                mark = missing_mark(step, place)
                if mark is not NO_MARK:
                    marks.setdefault(name, mark)
    return {name: mark for name, mark in marks.items() if texts_anywhere(transformer, names, name)}


def texts_anywhere(transformer, names, name):
    return column_kinds(transformer, names).get(name) is not None


NO_MARK = object()


def missing_mark(step, place):
    if hasattr(step, "statistics_"):
        return numpy.nan if isinstance(step.missing_values, float) else None if step.missing_values is None else NO_MARK
    for category in step.categories_[place] if hasattr(step, "categories_") else []:
        if is_missing_text(category):
            return category
    return NO_MARK


def chosen(columns, names):
    if isinstance(columns, str):
        return [columns]
    if isinstance(columns, slice):
        places = [names.index(end) if isinstance(end, str) else end for end in (columns.start, columns.stop)]
        return names[places[0] : places[1] + 1 if isinstance(columns.stop, str) else places[1]]
    columns = list(columns)
    if columns and isinstance(columns[0], (bool, numpy.bool_)):
        return [name for name, wanted in zip(names, columns) if wanted]
    return [column if isinstance(column, str) else names[int(column)] for column in columns]


def texts_of(part, place):
    may_be_missing = False
    for step in steps_of(part):
        if hasattr(step, "build_analyzer"):
            return numpy.array(sorted(step.vocabulary_), dtype=object)
        if hasattr(step, "statistics_") and step.statistics_.dtype.kind in "OUS":
            may_be_missing = True
        if hasattr(step, "categories_") and step.categories_[place].dtype.kind in "OUS":
            texts = as_texts(step.categories_[place].astype(object))
            return numpy.append(texts, "") if may_be_missing and "" not in texts else texts
    return None


def column_scales(transformer):
    names = [str(name) for name in transformer.feature_names_in_]
    scales = {}
    for _, part, columns in transformer.transformers_:
        for step in steps_of(part):
            if getattr(step, "mean_", None) is not None and getattr(step, "scale_", None) is not None:
                scales.update({name: (step.mean_[place], step.scale_[place]) for place, name in enumerate(chosen(columns, names))})
    return scales


def numbers_for(estimator, width, rows, random):
    """Rows from where the training data lay, as far as the estimator remembers: scalers, and the thresholds of trees."""
    middle, spread = numpy.zeros(width), numpy.ones(width)
    for part in parts_of(estimator):
        if getattr(part, "mean_", None) is not None and numpy.shape(part.mean_) == (width,):
            middle, spread = part.mean_, getattr(part, "scale_", None) if getattr(part, "scale_", None) is not None else spread
            break
        if getattr(part, "data_min_", None) is not None and len(part.data_min_) == width:
            middle, spread = (part.data_min_ + part.data_max_) / 2, (part.data_max_ - part.data_min_) / 4
            break
        if hasattr(part, "tree_") and part.tree_.n_features == width:
            for feature in range(width):
                thresholds = part.tree_.threshold[part.tree_.feature == feature]
                if len(thresholds):
                    middle[feature], spread[feature] = thresholds.mean(), thresholds.std() + abs(thresholds.mean()) / 4 + 1e-3
    return random.normal(middle, spread, size=(rows, width)).astype("float32")


def framed(matrix, fields):
    if fields is None:
        return matrix
    import pandas

    return pandas.DataFrame(matrix, columns=fields)
