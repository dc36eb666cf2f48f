"""Where the training data lay, as far as fitted parts remember: the middle and the spread of each column."""

import numpy
from boosting_thresholds import lightgbm_thresholds, xgboost_thresholds


def remembered(parts, width):
    """(middle, spread), an array each, by the first part that remembers so many columns, else by all that are trees."""
    for part in parts:
        for recall in (by_moments, by_range, by_rows):
            found = recall(part, width)
            if found is not None:
                return found
    return by_thresholds(parts, width)


def by_moments(part, width):
    for middle, spread in (("mean_", "scale_"), ("center_", "scale_"), ("statistics_", None)):
        middle = getattr(part, middle, None)
        if not is_row(middle, width):
            continue
        spread = getattr(part, spread, None) if spread else None
        return middle, spread if is_row(spread, width) else numpy.abs(middle) / 4 + 1
    return None


def is_row(values, width):
    return values is not None and numpy.shape(values) == (width,) and numpy.asarray(values).dtype.kind == "f" and bool(numpy.isfinite(values).all())


def by_range(part, width):
    least, largest = getattr(part, "data_min_", None), getattr(part, "data_max_", None)
    if not is_row(least, width) or not is_row(largest, width):
        return None
    return (least + largest) / 2, (largest - least) / 4


# Rows of the training data, or like them: of neighbours, kernels, clusters, classes and quantiles.
ROWS = ("_fit_X", "support_vectors_", "cluster_centers_", "theta_", "means_", "X_train_", "X_fit_", "quantiles_")


def by_rows(part, width):
    for name in ROWS:
        rows = getattr(part, name, None)
        if isinstance(rows, numpy.ndarray) and rows.ndim == 2 and rows.shape[1] == width and len(rows) > 1 and rows.dtype.kind == "f":
            return rows.mean(axis=0), rows.std(axis=0) + 1e-3
    return None


def by_thresholds(parts, width):
    """Answers change at the thresholds of trees."""
    found = {}
    for part in parts:
        for feature, thresholds in thresholds_of(part, width).items():
            found.setdefault(feature, []).extend(thresholds)
    if not found:
        return None
    middle, spread = numpy.zeros(width), numpy.ones(width)
    for feature, thresholds in found.items():
        middle[feature], spread[feature] = numpy.mean(thresholds), numpy.std(thresholds) + abs(numpy.mean(thresholds)) / 4 + 1e-3
    return middle, spread


def thresholds_of(part, width):
    if hasattr(part, "tree_") and part.tree_.n_features == width:
        tree = part.tree_
        return {feature: tree.threshold[tree.feature == feature] for feature in set(tree.feature[tree.feature >= 0].tolist())}
    if hasattr(part, "_predictors"):
        nodes = numpy.concatenate([predictor.nodes for predictors in part._predictors for predictor in predictors])
        nodes = nodes[(nodes["is_leaf"] == 0) & numpy.isfinite(nodes["num_threshold"])]
        return {feature: nodes["num_threshold"][nodes["feature_idx"] == feature] for feature in set(nodes["feature_idx"].tolist())}
    library = type(part).__module__.partition(".")[0]
    if library == "xgboost":
        return xgboost_thresholds(part.get_booster())
    if library == "lightgbm":
        return lightgbm_thresholds(part.booster_.dump_model())
    return {}
