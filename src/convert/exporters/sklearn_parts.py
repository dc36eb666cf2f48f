"""The parts that an estimator of scikit-learn is made of."""

import numpy


def steps_of(part):
    """The steps of a pipeline in order, or the part itself; nothing for `passthrough` and `drop`."""
    if isinstance(part, str):
        return []
    return [step for _, step in part.steps if not isinstance(step, str)] if hasattr(part, "steps") else [part]


def first_of(estimator):
    """What sees the rows first."""
    while True:
        if hasattr(estimator, "steps"):
            estimator = steps_of(estimator)[0]
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            return estimator


def last_of(estimator):
    """What gives the answer."""
    while hasattr(estimator, "steps"):
        estimator = steps_of(estimator)[-1]
    return estimator


def parts_of(estimator):
    """Every estimator that sees the rows as they are given, and the ones that it is made of."""
    yield estimator
    for step in steps_of(estimator) if hasattr(estimator, "steps") else []:
        yield from parts_of(step)
    for part in flattened(getattr(estimator, "estimators_", [])):
        if hasattr(part, "get_params"):
            yield from parts_of(part)


def flattened(parts):
    """Of lists and arrays alone: an ensemble is a sequence of its own estimators, and still one part."""
    for part in parts:
        if isinstance(part, (list, numpy.ndarray)):
            yield from flattened(part)
        else:
            yield part


def all_parts(estimator):
    """Those of a ColumnTransformer, a union, a search, a calibration or a stack as well."""
    for part in parts_of(estimator):
        yield part
        inner = [inner for _, inner, *_ in getattr(part, "transformers_", [])] + [inner for _, inner in getattr(part, "transformer_list", [])]
        calibrated = [getattr(fold, "estimator", None) for fold in getattr(part, "calibrated_classifiers_", [])]
        for inner in [*inner, *calibrated, getattr(part, "best_estimator_", None), getattr(part, "final_estimator_", None)]:
            if inner is not None and not isinstance(inner, str):
                yield from all_parts(inner)


def is_missing_text(value):
    return value is None or (isinstance(value, float) and numpy.isnan(value))
