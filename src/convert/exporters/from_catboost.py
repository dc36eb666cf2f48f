"""CatBoost: a `.cbm` file, by CatBoost's own export."""

import json
import os
import tempfile

import numpy
import onnx
from cases import cases_of, cost_of_float32, write_answers
from conversation import Refusal, choose, converse
from finish_model import finish_model
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
    is_classifier = model._is_classification_objective(model.get_all_params().get("loss_function"))
    given = read_samples(request["samples"]) if request["samples"] else None
    rows = matrix_of(given, model.feature_names_, len(model.feature_names_)) if given else made_up(model)
    answer = lambda inputs: answers_of(model, inputs["features"], is_classifier)  # noqa: E731
    inputs = {"features": rows.astype("float32")}
    cases = cases_of(inputs, answer)
    route, way = choose([("catboost", export)], request)
    request["progress"](f"convert {model.tree_count_} trees")
    exported = way(model)
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


def export(model):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        model.save_model(path, format="onnx")
        return onnx.load(path)


def answers_of(model, rows, is_classifier):
    if not is_classifier:
        return {"prediction": model.predict(rows).astype("float32").reshape(len(rows), -1)}
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
