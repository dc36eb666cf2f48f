"""CatBoost: a `.cbm` file, by CatBoost's own export."""

import json
import os
import tempfile

import numpy
import onnx
from cases import cases_of, cost_of_float32, write_answers
from conversation import Refusal, choose, converse
from finish_model import finish_model
from onnx import helper
from samples import matrix_of, read_samples

ROWS = 64


def convert(request):
    import catboost

    model = catboost.CatBoost().load_model(request["artefact"])
    if model.get_cat_feature_indices() or model.get_text_feature_indices():
        raise Refusal(
            "convert/catboost-categories",
            "CatBoost cannot export models with categorical or text features to ONNX",
            "Encode those columns before training (for instance with scikit-learn's OrdinalEncoder) and train on numbers alone.",
        )
    refuse_loss(model)
    is_classifier = model._is_classification_objective(model.get_all_params().get("loss_function"))
    given = read_samples(request["samples"]) if request["samples"] else None
    rows = matrix_of(given, model.feature_names_, len(model.feature_names_)) if given else made_up(model)
    answer = lambda inputs: answers_of(model, inputs["features"], is_classifier)  # noqa: E731
    inputs = {"features": rows.astype("float32")}
    cases = cases_of(inputs, answer)
    route, way = choose([("catboost", export)], request)
    request["progress"](f"convert {model.tree_count_} trees")
    exported = way(model)
    if prediction_type(model) == "Exponent":
        exponentiate(exported)
    opsets = finish_model(
        exported,
        name=request["name"],
        path=f"{request['output']}/model.onnx",
        inputs={exported.graph.input[0].name: "features"},
        outputs=dict(zip([value.name for value in exported.graph.output], cases[0][2])),
        answers=[case[2] for case in cases],
    )
    write_answers(request["output"], cases, inputs, answer)
    return {
        "framework": {"name": "catboost", "version": catboost.__version__},
        "opsets": opsets,
        "samples": "given" if given else "made",
        "float32Cost": cost_of_float32(answer, {"features": rows}) if given else None,
    }


def loss_of(model):
    return str(model.get_all_params().get("loss_function", "")).partition(":")[0]


# What CatBoost's export leaves out, and what to do.
REFUSED = {
    "MultiRMSE": ("convert/catboost-targets", "Train a model for each target."),
    "MultiRMSEWithMissingValues": ("convert/catboost-targets", "Train a model for each target."),
    "RMSEWithUncertainty": ("convert/catboost-targets", "Train with the loss RMSE; uncertainties need a model of their own."),
    "MultiClassOneVsAll": ("convert/catboost-one-against-the-rest", "Train with the loss MultiClass."),
}


def refuse_loss(model):
    loss = loss_of(model)
    if loss in REFUSED:
        code, mend = REFUSED[loss]
        raise Refusal(code, f"CatBoost's export to ONNX gets models of the loss {loss} wrong", mend)


def prediction_type(model):
    """As CatBoost's own regressors answer, which take the exponential where the trees give a logarithm."""
    return "Exponent" if loss_of(model) in ("Poisson", "Tweedie") else "RawFormulaVal"


def exponentiate(exported):
    graph, name = exported.graph, exported.graph.output[0].name
    for node in graph.node:
        node.output[:] = [f"{name}_logarithm" if value == name else value for value in node.output]
    graph.node.append(helper.make_node("Exp", [f"{name}_logarithm"], [name], name="exponential"))


def export(model):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        model.save_model(path, format="onnx")
        return onnx.load(path)


def answers_of(model, rows, is_classifier):
    if not is_classifier:
        return {"prediction": model.predict(rows, prediction_type=prediction_type(model)).astype("float32").reshape(len(rows), -1)}
    labels = numpy.asarray(model.predict(rows, prediction_type="Class")).ravel()
    is_text = labels.dtype.kind in "OUS"
    return {
        "label": labels.astype(object) if is_text else labels.astype("int64"),
        "probabilities": model.predict(rows, prediction_type="Probability").astype("float32"),
    }


# Of made-up cells, how many are missing in columns that had missing values in training.
MISSING_SHARE = 0.08


def made_up(model):
    random = numpy.random.default_rng(0)
    columns = []
    borders = model.get_borders()
    holed = columns_with_missing(model)
    for feature in range(len(model.feature_names_)):
        found = [border for border in borders.get(feature, []) if numpy.isfinite(border) and abs(border) < 1e30] or [0.0]
        spread = numpy.std(found) + abs(numpy.mean(found)) / 10 + 1e-3
        values = random.choice(found, size=ROWS) + random.normal(0, spread, size=ROWS)
        columns.append(numpy.where(random.random(ROWS) < MISSING_SHARE, numpy.nan, values) if feature in holed else values)
    return numpy.stack(columns, axis=1).astype("float32")


def columns_with_missing(model):
    """CatBoost refuses missing values in the others."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.json")
        model.save_model(path, format="json")
        with open(path, encoding="utf-8") as file:
            features = json.load(file)["features_info"].get("float_features", [])
    return {feature["flat_feature_index"] for feature in features if feature.get("has_nans")}


if __name__ == "__main__":
    converse(convert)
