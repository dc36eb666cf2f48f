"""The names of an estimator's answers, and its own answers as the export has them."""

import numpy
import sklearn
from onnx import helper
from sklearn_parts import last_of

# What skl2onnx gives beside a label: by name, the estimator's method; where several exist, the first that the export has.
SCORES = (("probabilities", "predict_proba"), ("scores", "decision_function"), ("distances", "transform"))

NUMPY_TYPES = {1: "float32", 6: "int32", 7: "int64", 9: "bool", 11: "float64"}


def output_names(estimator, found):
    """Readable names of the export's outputs, by the exporter's."""
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
    # A classifier of several targets has probabilities for each.
    if len(found) > len(names) > 1:
        names = [names[0], *(f"{names[1]}_{place}" for place in range(len(found) - 1))]
    return dict(zip(found, names))


def batch_first(graph, estimator):
    """Forests of several targets give [targets, batch, classes], which no batch can be cut from."""
    last = last_of(estimator)
    is_of_trees = hasattr(last, "tree_") or hasattr(numpy.ravel(getattr(last, "estimators_", [None]))[0], "tree_")
    if getattr(last, "n_outputs_", 1) == 1 or not is_of_trees or not hasattr(last, "predict_proba") or len(graph.output) != 2:
        return
    value = graph.output[1]
    inner = f"{value.name}_by_target"
    for names in (names for node in graph.node for names in (node.input, node.output)):
        names[:] = [inner if name == value.name else name for name in names]
    graph.node.append(helper.make_node("Transpose", [inner], [value.name], perm=[1, 0, 2], name=f"{inner}_transposed"))
    value.CopyFrom(helper.make_tensor_value_info(value.name, value.type.tensor_type.elem_type, [None, None, None]))


def answers_of(estimator, form, inputs, types):
    """By name, of the outputs in `types`, which gives their ONNX element types."""
    rows = form.hand_over(inputs)
    if not hasattr(estimator, "predict"):
        found = {"transformed": dense(estimator.transform(rows))}
    elif sklearn.base.is_regressor(estimator):
        found = {"prediction": estimator.predict(rows)}
    else:
        found = {"label": estimator.predict(rows), **scores_of(estimator, rows, types)}
    exported = {name: as_exported(numpy.asarray(values), types[name]) for name, values in found.items() if name in types}
    if sklearn.base.is_outlier_detector(estimator):
        return {name: values.reshape(-1, 1) for name, values in exported.items()}
    return exported


def scores_of(estimator, rows, types):
    scores = {}
    for name, method in SCORES:
        if any(wanted.startswith(name) for wanted in types) and hasattr(estimator, method):
            values = getattr(estimator, method)(rows)
            if not isinstance(values, list):
                scores[name] = values
            elif name in types:
                # One tensor for all targets: [batch, targets, classes].
                scores[name] = numpy.stack(values, axis=1)
            else:
                scores.update({f"{name}_{place}": part for place, part in enumerate(values)})
    return scores


def dense(values):
    return values.toarray() if hasattr(values, "toarray") else values


def as_exported(values, element_type):
    """In the element type of the export; a column of numbers is a matrix of one column, but for labels."""
    if values.dtype.kind in "OUS":
        return values
    kind = NUMPY_TYPES.get(element_type, "float32")
    values = values.astype(kind)
    return values.reshape(-1, 1) if kind.startswith("float") and values.ndim == 1 else values
