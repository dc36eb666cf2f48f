"""scikit-learn: an estimator or pipeline that was kept with skops, joblib or pickle, by way of skl2onnx."""

import importlib
from pathlib import Path

import numpy
import sklearn
from conversation import Refusal, converse
from finish_model import finish_model
from samples import batches_of, cost_of_float32, read_samples, write_cases

ROWS = 64


def convert(request):
    estimator = load(request)
    request["progress"](f"convert {type(estimator).__name__}")
    form = form_of(estimator, request)
    model, outputs = export(estimator, form, request)
    given = read_samples(request["samples"]) if request["samples"] else None
    inputs = form.take(given) if given else form.make(ROWS, numpy.random.default_rng(0))
    answer = lambda values: only(answers_of(estimator, form, values), outputs.values())  # noqa: E731
    cases = [(name, part, answer(part)) for name, part in batches_of(inputs)]
    outputs = {value: name for value, name in outputs.items() if name in cases[0][2]}
    opsets = finish_model(
        model,
        name=request["name"],
        path=f"{request['output']}/model.onnx",
        inputs={name: name for name in form.names},
        outputs=outputs,
        answers=[case[2] for case in cases],
    )
    write_cases(f"{request['output']}/cases", cases)
    is_wide = given is not None and any(values.dtype == "float64" for values in given.values())
    return {
        "framework": {"name": "scikit-learn", "version": sklearn.__version__},
        "route": "skl2onnx",
        "opsets": opsets,
        "samples": "given" if given else "made",
        "float32Cost": cost_of_float32(answer, form.take(given, wide=True)) if is_wide else None,
    }


def load(request):
    path = request["artefact"]
    if path.endswith(".skops"):
        return load_skops(path, request["allowCode"])
    if not request["allowCode"]:
        raise Refusal(
            "convert/code",
            f"{Path(path).name} is a pickle, and loading a pickle runs whatever code is in it",
            "Keep the model with skops.io.dump(model, 'model.skops'), which loads without running code; or, where you trust "
            "whoever made the file, set allowCode: true beside `from` in plimsoll.yaml.",
        )
    import joblib

    return joblib.load(path)


def load_skops(path, allow_code):
    from skops.io import get_untrusted_types
    from skops.io import load as load_trusted

    strange = [name for name in get_untrusted_types(file=path) if not is_fitted_state(name)]
    if strange and not allow_code:
        raise Refusal(
            "convert/code",
            f"{Path(path).name} holds types that skops does not know to be harmless: {', '.join(strange)}",
            "Use only estimators and functions of scikit-learn, numpy and scipy; or, where you trust whoever made the file, set "
            "allowCode: true beside `from` in plimsoll.yaml.",
        )
    return load_trusted(path, trusted=get_untrusted_types(file=path))


def is_fitted_state(name):
    """Classes of scikit-learn itself, such as the trees of a forest, hold what was fitted and run nothing when they are made."""
    module, _, kind = name.rpartition(".")
    if not module.startswith("sklearn."):
        return False
    return isinstance(getattr(importlib.import_module(module), kind, None), type)


class Form:
    """What an estimator takes: `names`, ONNX types, how to make rows up, and how to hand them over."""

    def __init__(self, names, types, make, hand_over):
        self.names, self.types, self.make, self.hand_over = names, types, make, hand_over

    def take(self, given, wide=False):
        """The user's own rows, as this form's inputs."""
        missing = [name for name in self.columns(given) if name not in given]
        if missing:
            raise Refusal(
                "convert/samples",
                f"the samples have no {', '.join(missing)}; they have {', '.join(given)}",
                f"Give the samples columns named {', '.join(self.columns(given))}.",
            )
        return self.gather(given, wide)

    def columns(self, given):
        return self.names

    def gather(self, given, wide):
        raise NotImplementedError


class TextForm(Form):
    """A vectorizer comes first: a list of texts."""

    def __init__(self, vectorizer):
        from skl2onnx.common.data_types import StringTensorType

        words = sorted(getattr(vectorizer, "vocabulary_", None) or {"a word": 0, "another": 1})

        def make(rows, random):
            texts = [" ".join(random.choice(words, size=int(random.integers(1, 12)))) for _ in range(rows)]
            return {"text": numpy.array(texts, dtype=object)}

        super().__init__(["text"], [("text", StringTensorType([None]))], make, lambda inputs: list(inputs["text"]))

    def gather(self, given, wide):
        return {"text": given["text"].astype(object)}


class MatrixForm(Form):
    """A matrix of numbers, or of texts where an encoder of texts comes first."""

    def __init__(self, estimator, first):
        from skl2onnx.common.data_types import FloatTensorType, StringTensorType

        width = int(first.n_features_in_)
        self.fields = [str(name) for name in getattr(first, "feature_names_in_", [])] or None
        categories = getattr(first, "categories_", None)
        is_text = categories is not None and any(values.dtype.kind in "OUS" for values in categories)
        kind = StringTensorType if is_text else FloatTensorType

        def make(rows, random):
            if is_text:
                columns = [random.choice(values.astype(object), size=rows) for values in categories]
                return {"features": numpy.stack(columns, axis=1).astype(object)}
            return {"features": numbers_for(estimator, width, rows, random)}

        def hand_over(inputs):
            # Some estimators take the width that they were fitted with and no other, which is 64 bits nearly always.
            matrix = inputs["features"]
            return framed(matrix.astype("float64") if matrix.dtype.kind == "f" else matrix, self.fields)

        super().__init__(["features"], [("features", kind([None, width]))], make, hand_over)

    def columns(self, given):
        return ["features"] if "features" in given else (self.fields or list(given))

    def gather(self, given, wide):
        if "features" in given:
            matrix = given["features"]
        else:
            matrix = numpy.stack([given[name] for name in self.columns(given)], axis=1)
        return {"features": matrix.astype(object) if matrix.dtype.kind in "OUS" else matrix.astype("float64" if wide else "float32")}


class ColumnsForm(Form):
    """A ColumnTransformer comes first: an input for each column, named as the column is."""

    def __init__(self, transformer):
        from skl2onnx.common.data_types import FloatTensorType, StringTensorType

        self.all = [str(name) for name in transformer.feature_names_in_]
        self.kinds = column_kinds(transformer, self.all)
        types = [(name, (StringTensorType if kind is not None else FloatTensorType)([None, 1])) for name, kind in self.kinds.items()]

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

        def hand_over(inputs):
            import pandas

            rows = len(next(iter(inputs.values())))
            return pandas.DataFrame({name: inputs[name].ravel() if name in inputs else numpy.zeros(rows) for name in self.all})

        super().__init__(list(self.kinds), types, make, hand_over)

    def gather(self, given, wide):
        width = "float64" if wide else "float32"
        return {
            name: given[name].reshape(-1, 1).astype(object if kind is not None else width) for name, kind in self.kinds.items()
        }


def form_of(estimator, request):
    first = estimator
    while hasattr(first, "steps"):
        first = first.steps[0][1]
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


def column_kinds(transformer, names):
    """For each column that is used: the texts it may hold, or `None` for numbers."""
    kinds = {}
    for _, part, columns in transformer.transformers_:
        if isinstance(part, str) and part == "drop":
            continue
        for place, name in enumerate(chosen(columns, names)):
            kinds[name] = texts_of(part, place) if kinds.get(name) is None else kinds[name]
    return {name: kinds[name] for name in names if name in kinds}


def chosen(columns, names):
    if isinstance(columns, str):
        return [columns]
    if isinstance(columns, slice):
        return names[columns]
    columns = list(columns)
    if columns and isinstance(columns[0], (bool, numpy.bool_)):
        return [name for name, wanted in zip(names, columns) if wanted]
    return [column if isinstance(column, str) else names[int(column)] for column in columns]


def texts_of(part, place):
    steps = [step for _, step in part.steps] if hasattr(part, "steps") else [part]
    for step in steps:
        if hasattr(step, "build_analyzer"):
            return numpy.array(sorted(step.vocabulary_), dtype=object)
        if hasattr(step, "categories_") and step.categories_[place].dtype.kind in "OUS":
            return step.categories_[place].astype(object)
    return None


def column_scales(transformer):
    names = [str(name) for name in transformer.feature_names_in_]
    scales = {}
    for _, part, columns in transformer.transformers_:
        for step in [step for _, step in part.steps] if hasattr(part, "steps") else [part]:
            if getattr(step, "mean_", None) is not None and getattr(step, "scale_", None) is not None:
                scales.update({name: (step.mean_[place], step.scale_[place]) for place, name in enumerate(chosen(columns, names))})
    return scales


def numbers_for(estimator, width, rows, random):
    """Rows from where the training data lay, as far as the estimator remembers: scalers, and the thresholds of trees."""
    middle, spread = numpy.zeros(width), numpy.ones(width)
    for part in parts_of(estimator):
        if getattr(part, "mean_", None) is not None and len(numpy.atleast_1d(part.mean_)) == width:
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


def parts_of(estimator):
    yield estimator
    for _, step in getattr(estimator, "steps", []):
        yield from parts_of(step)
    for part in numpy.ravel(getattr(estimator, "estimators_", [])):
        if not isinstance(part, str):
            yield from parts_of(part)


def framed(matrix, fields):
    if fields is None:
        return matrix
    import pandas

    return pandas.DataFrame(matrix, columns=fields)


def export(estimator, form, request):
    from skl2onnx import convert_sklearn

    final = estimator
    while hasattr(final, "steps"):
        final = final.steps[-1][1]
    vectorizers = [part for part in all_parts(estimator) if hasattr(part, "build_analyzer")]
    locales = {id(part): {"locale": "C.UTF-8"} for part in vectorizers}
    attempts = [{id(final): {"zipmap": False}}, {id(final): {}}, {}] if sklearn.base.is_classifier(estimator) else [{}]
    for attempt in attempts:
        try:
            model = convert_sklearn(
                estimator,
                initial_types=form.types,
                options={**locales, **attempt} or None,
                target_opset={"": request["opset"], "ai.onnx.ml": request["mlOpset"]},
            )
            return model, output_names(estimator, [value.name for value in model.graph.output])
        except NameError as error:
            # Not every classifier takes the option, and which do is written nowhere but in the converters.
            if "zipmap" not in str(error) and "locale" not in str(error):
                raise
            if "locale" in str(error):
                locales = {}
    raise Refusal("convert/options", "no set of options was accepted by skl2onnx", "Report this model's kind as a defect.")


def all_parts(estimator):
    yield estimator
    for step in [step for _, step in getattr(estimator, "steps", [])]:
        yield from all_parts(step)
    for _, part, *_ in getattr(estimator, "transformers_", []):
        if not isinstance(part, str):
            yield from all_parts(part)


def output_names(estimator, found):
    if sklearn.base.is_classifier(estimator):
        names = ["label", "probabilities" if hasattr(estimator, "predict_proba") else "scores"]
    elif sklearn.base.is_regressor(estimator):
        names = ["prediction"]
    elif sklearn.base.is_clusterer(estimator):
        names = ["label", "distances"]
    elif sklearn.base.is_outlier_detector(estimator):
        names = ["label", "scores"]
    else:
        names = ["transformed"]
    return dict(zip(found, names))


def answers_of(estimator, form, inputs):
    rows = form.hand_over(inputs)
    if hasattr(estimator, "predict"):
        answers = {"label" if not sklearn.base.is_regressor(estimator) else "prediction": estimator.predict(rows)}
        for name, method in SCORES:
            if name not in answers and hasattr(estimator, method) and not sklearn.base.is_regressor(estimator):
                answers[name] = getattr(estimator, method)(rows)
    else:
        transformed = estimator.transform(rows)
        answers = {"transformed": transformed.toarray() if hasattr(transformed, "toarray") else transformed}
    exported = {name: as_exported(name, numpy.asarray(values)) for name, values in answers.items()}
    if sklearn.base.is_outlier_detector(estimator):
        return {name: values.reshape(-1, 1) for name, values in exported.items()}
    return exported


# What skl2onnx gives beside a label; where several exist, the first that the export has.
SCORES = (("probabilities", "predict_proba"), ("scores", "decision_function"), ("distances", "transform"))


def only(answers, names):
    return {name: answers[name] for name in names if name in answers}


def as_exported(name, values):
    """Numbers as the export has them: 32-bit floats, 64-bit integers; a column of predictions is a matrix of one column."""
    if values.dtype.kind == "f":
        values = values.astype("float32")
        return values.reshape(-1, 1) if values.ndim == 1 else values
    if values.dtype.kind in "iu" and name != "prediction":
        return values.astype("int64")
    if name == "prediction":
        return values.astype("float32").reshape(-1, 1) if values.ndim == 1 else values.astype("float32")
    return values


if __name__ == "__main__":
    converse(convert)
