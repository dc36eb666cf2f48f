"""CatBoost: a `.cbm` file, by CatBoost's own export."""

import os
import tempfile

import numpy
import onnx
from conversation import Refusal, converse
from finish_model import finish_model
from samples import batches_of, cost_of_float32, matrix_of, read_samples, write_cases

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
    request["progress"](f"convert {model.tree_count_} trees")
    is_classifier = model._is_classification_objective(model.get_all_params().get("loss_function"))
    exported = export(model)
    given = read_samples(request["samples"]) if request["samples"] else None
    rows = matrix_of(given, model.feature_names_, len(model.feature_names_)) if given else made_up(model)
    answer = lambda inputs: answers_of(model, inputs["features"], is_classifier)  # noqa: E731
    cases = [(name, part, answer(part)) for name, part in batches_of({"features": rows.astype("float32")})]
    opsets = finish_model(
        exported,
        name=request["name"],
        path=f"{request['output']}/model.onnx",
        inputs={exported.graph.input[0].name: "features"},
        outputs=dict(zip([value.name for value in exported.graph.output], cases[0][2])),
        answers=[case[2] for case in cases],
    )
    write_cases(f"{request['output']}/cases", cases)
    return {
        "framework": {"name": "catboost", "version": catboost.__version__},
        "route": "catboost",
        "opsets": opsets,
        "samples": "given" if given else "made",
        "float32Cost": cost_of_float32(answer, {"features": rows}) if given and rows.dtype == "float64" else None,
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


def made_up(model):
    random = numpy.random.default_rng(0)
    columns = []
    borders = model.get_borders()
    for feature in range(len(model.feature_names_)):
        found = borders.get(feature) or [0.0]
        spread = numpy.std(found) + abs(numpy.mean(found)) / 10 + 1e-3
        columns.append(random.choice(found, size=ROWS) + random.normal(0, spread, size=ROWS))
    return numpy.stack(columns, axis=1).astype("float32")


if __name__ == "__main__":
    converse(convert)
