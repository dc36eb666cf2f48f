"""Estimators whose converters leave something out and say nothing of it, told before they are converted."""

import numpy
from conversation import Refusal
from sklearn_parts import all_parts


def refuse_unfaithful(estimator):
    for part in all_parts(estimator):
        for leaves_out, code, message, mend in UNFAITHFUL:
            if leaves_out(part):
                raise Refusal(code, f"{type(part).__name__} {message}", mend)


def splits_by_category(part):
    categorical = getattr(part, "is_categorical_", None)
    if categorical is not None:
        return bool(numpy.any(categorical))
    if type(part).__name__.startswith("XGB"):
        return "c" in (part.get_booster().feature_types or [])
    return type(part).__name__.startswith("LGBM") and bool(part.booster_.pandas_categorical)


def marks_missing(part):
    return getattr(part, "add_indicator", False)


def has_scores_of_several(part):
    return type(part).__name__ == "OneVsRestClassifier" and not hasattr(part, "predict_proba")


def imputes_by_neighbours(part):
    return type(part).__name__ == "KNNImputer"


def searches_a_radius(part):
    return type(part).__name__.startswith("RadiusNeighbors")


def weighs_by_a_function(part):
    return type(part).__name__.startswith("KNeighbors") and callable(getattr(part, "weights", None))


UNFAITHFUL = (
    (
        searches_a_radius,
        "convert/sklearn-radius",
        "is converted to operators that the runtime refuses, on every row that has not all others within the radius",
        "Use KNeighborsClassifier or KNeighborsRegressor in its place.",
    ),
    (
        weighs_by_a_function,
        "convert/sklearn-function",
        "weighs neighbours by a function of your own, which ONNX cannot hold",
        "Use weights='distance' or weights='uniform', and fit again.",
    ),
    (
        imputes_by_neighbours,
        "convert/sklearn-neighbours-imputer",
        "is converted to operators that end the whole process of the runtime (signal SIGFPE) on rows in which nothing is missing",
        "Use SimpleImputer in its place and fit again, or fill in what is missing before the model.",
    ),
    (
        splits_by_category,
        "convert/sklearn-categories",
        "splits by category, which has no converter to ONNX",
        "Put an OrdinalEncoder or OneHotEncoder for those columns before it, in a ColumnTransformer, and train it on numbers alone.",
    ),
    (
        marks_missing,
        "convert/sklearn-indicator",
        "marks what was missing (add_indicator=True), and its converter to ONNX leaves the marks out",
        "Leave add_indicator out and fit again; or give the marks as columns of their own.",
    ),
    (
        has_scores_of_several,
        "convert/sklearn-one-against-the-rest",
        "is around an estimator without probabilities, whose scores its converter to ONNX gets wrong",
        "Use that estimator by itself (LinearSVC and the other linear ones go one against the rest of their own accord), or one with probabilities.",
    ),
)
