"""The names of an estimator's answers, and its own answers as the export has them."""

import numpy
import sklearn
from onnx import helper
from sklearn_parts import flattened, last_of

# What skl2onnx gives beside a label: by name, the estimator's method; where several exist, the first that the export has.
SCORES = (("probabilities", "predict_proba"), ("scores", "decision_function"), ("distances", "transform"))

NUMPY_TYPES = {1: "float32", 6: "int32", 7: "int64", 9: "bool", 11: "float64"}


def output_names(estimator, found):
    """Readable names of the export's outputs, by the exporter's."""
    if not hasattr(estimator, "predict"):
        names = ["transformed"]
    elif is_clusterer(estimator):
        names = ["label", "distances"]
    elif gives_labels(estimator):
        names = ["label", "probabilities" if hasattr(estimator, "predict_proba") else "scores"]
    else:
        names = ["prediction"]
    # A classifier of several targets has probabilities for each.
    if len(found) > len(names) > 1:
        names = [names[0], *(f"{names[1]}_{place}" for place in range(len(found) - 1))]
    return dict(zip(found, names))


def gives_labels(estimator):
    """Rather than numbers: classifiers, clusters, outliers, and mixtures, which say nothing but that they have probabilities."""
    kinds = (sklearn.base.is_classifier, is_clusterer, sklearn.base.is_outlier_detector)
    return any(is_kind(estimator) for is_kind in kinds) or (hasattr(estimator, "predict_proba") and not sklearn.base.is_regressor(estimator))


def is_clusterer(estimator):
    """Before 1.6, scikit-learn has no word for it."""
    ask = getattr(sklearn.base, "is_clusterer", lambda one: getattr(one, "_estimator_type", None) == "clusterer")
    return ask(estimator)


def batch_first(graph, estimator):
    """Forests of several targets give [targets, batch, classes], which no batch can be cut from."""
    last = last_of(estimator)
    is_of_trees = hasattr(last, "tree_") or hasattr(next(flattened(getattr(last, "estimators_", [])), None), "tree_")
    if getattr(last, "n_outputs_", 1) == 1 or not is_of_trees or not hasattr(last, "predict_proba") or len(graph.output) != 2:
        return
    value = graph.output[1]
    inner = f"{value.name}_by_target"
    for names in (names for node in graph.node for names in (node.input, node.output)):
        names[:] = [inner if name == value.name else name for name in names]
    graph.node.append(helper.make_node("Transpose", [inner], [value.name], perm=[1, 0, 2], name=f"{inner}_transposed"))
    value.CopyFrom(helper.make_tensor_value_info(value.name, value.type.tensor_type.elem_type, [None, None, None]))


def labels_as_rows(model, outputs, answers):
    """Some converters give a column of labels where the original gives one after the other."""
    graph = model.graph
    label = next((found for found, name in outputs.items() if name == "label"), None)
    if label is None or answers["label"].ndim != 1 or are_rows(graph, label):
        return
    inner = f"{label}_column"
    for node in graph.node:
        node.output[:] = [inner if name == label else name for name in node.output]
        node.input[:] = [inner if name == label else name for name in node.input]
    graph.initializer.append(helper.make_tensor(f"{label}_shape", 7, [1], [-1]))
    graph.node.append(helper.make_node("Reshape", [inner, f"{label}_shape"], [label], name=f"{label}_row"))


def are_rows(graph, name):
    """Labels of a classifier's own operator, and those that have been made rows."""
    makers = {output: node for node in graph.node for output in node.output}
    while makers[name].op_type in ("Cast", "Identity"):
        name = makers[name].input[0]
    maker = makers[name]
    if maker.op_type == "Reshape":
        shape = next((tensor for tensor in graph.initializer if tensor.name == maker.input[1]), None)
        return shape is not None and list(shape.dims) == [1]
    return maker.domain == "ai.onnx.ml" and maker.op_type.endswith("Classifier")


def answers_of(estimator, form, inputs, types):
    """By name, of the outputs in `types`, which gives their ONNX element types."""
    rows = form.hand_over(inputs)
    if not hasattr(estimator, "predict"):
        found = {"transformed": dense(estimator.transform(rows))}
    elif gives_labels(estimator):
        found = {"label": estimator.predict(rows), **scores_of(estimator, rows, types)}
    else:
        found = {"prediction": estimator.predict(rows)}
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
