"""XGBoost and LightGBM: a model in the library's own format, by way of onnxmltools."""

import json

import numpy
from conversation import converse
from finish_model import finish_model
from samples import batches_of, cost_of_float32, matrix_of, read_samples, write_cases

ROWS = 64


class XGBoost:
    """`.json` and `.ubj`, which say what they are."""

    def __init__(self, path):
        import xgboost

        self.version = xgboost.__version__
        self.booster = xgboost.Booster(model_file=path)
        config = json.loads(self.booster.save_config())["learner"]
        self.objective = config["objective"]["name"]
        self.fields = self.booster.feature_names
        self.width = self.booster.num_features()
        self.classes = int(config["learner_model_param"]["num_class"])
        self.estimator = self.wrapped(xgboost, path)

    def wrapped(self, xgboost, path):
        """onnxmltools takes what a plain booster leaves out, such as the number of classes, from scikit-learn's interface."""
        kind = xgboost.XGBClassifier if self.is_classifier else xgboost.XGBRanker if self.is_ranker else xgboost.XGBRegressor
        estimator = kind()
        # Columns that are numbered are the only ones that onnxmltools reads; names do not change an answer.
        self.booster.feature_names = None
        self.booster.feature_types = None
        estimator.load_model(bytearray(self.booster.save_raw("json")))
        return estimator

    @property
    def is_classifier(self):
        return self.objective.startswith(("binary:logistic", "multi:"))

    @property
    def is_ranker(self):
        return self.objective.startswith("rank:")

    def export(self, types, opset):
        from onnxmltools import convert_xgboost

        return convert_xgboost(self.estimator, initial_types=types, target_opset=opset)

    def answers(self, rows):
        if not self.is_classifier:
            return {"prediction": self.estimator.predict(rows).astype("float32").reshape(len(rows), -1)}
        return {
            "label": self.estimator.predict(rows).astype("int64"),
            "probabilities": self.estimator.predict_proba(rows).astype("float32"),
        }

    def thresholds(self):
        found = {}
        for tree in self.booster.get_dump(dump_format="json"):
            nodes = [json.loads(tree)]
            while nodes:
                node = nodes.pop()
                if "split_condition" in node and not isinstance(node["split_condition"], list):
                    found.setdefault(int(str(node["split"]).lstrip("f")), []).append(float(node["split_condition"]))
                nodes.extend(node.get("children", []))
        return found


class LightGBM:
    """`.txt`."""

    def __init__(self, path):
        import lightgbm

        self.version = lightgbm.__version__
        self.booster = lightgbm.Booster(model_file=path)
        self.dump = self.booster.dump_model()
        self.fields = self.dump["feature_names"]
        self.width = self.booster.num_feature()
        self.objective = self.dump.get("objective", "").split(" ")[0]
        self.classes = self.dump["num_class"]

    @property
    def is_classifier(self):
        return self.objective in ("binary", "multiclass", "multiclassova", "softmax")

    def export(self, types, opset):
        from onnxmltools import convert_lightgbm

        return convert_lightgbm(self.booster, initial_types=types, target_opset=opset, zipmap=False)

    def answers(self, rows):
        values = self.booster.predict(rows)
        if not self.is_classifier:
            return {"prediction": values.astype("float32").reshape(len(rows), -1)}
        both = values if values.ndim == 2 else numpy.stack([1 - values, values], axis=1)
        return {"label": both.argmax(axis=1).astype("int64"), "probabilities": both.astype("float32")}

    def thresholds(self):
        found = {}
        for tree in self.dump["tree_info"]:
            nodes = [tree["tree_structure"]]
            while nodes:
                node = nodes.pop()
                if "split_feature" in node and isinstance(node["threshold"], float):
                    found.setdefault(node["split_feature"], []).append(node["threshold"])
                nodes.extend(node[side] for side in ("left_child", "right_child") if side in node)
        return found


LIBRARIES = {"xgboost": XGBoost, "lightgbm": LightGBM}
# onnxmltools writes ai.onnx.ml operators alone, and refuses opsets that it does not know.
NEWEST_OPSET = 15


def convert(request):
    from onnxmltools.convert.common.data_types import FloatTensorType

    model = LIBRARIES[request["from"]](request["artefact"])
    request["progress"](f"convert a model of {model.width} features, {model.objective}")
    exported = model.export([("features", FloatTensorType([None, model.width]))], min(request["opset"], NEWEST_OPSET))
    given = read_samples(request["samples"]) if request["samples"] else None
    rows = matrix_of(given, model.fields, model.width) if given else made_up(model)
    answer = lambda inputs: model.answers(inputs["features"])  # noqa: E731
    cases = [(name, part, answer(part)) for name, part in batches_of({"features": rows.astype("float32")})]
    names = list(cases[0][2])
    opsets = finish_model(
        exported,
        name=request["name"],
        path=f"{request['output']}/model.onnx",
        inputs={"features": "features"},
        outputs=dict(zip([value.name for value in exported.graph.output], names)),
        answers=[case[2] for case in cases],
    )
    write_cases(f"{request['output']}/cases", cases)
    return {
        "framework": {"name": request["from"], "version": model.version},
        "route": "onnxmltools",
        "opsets": opsets,
        "samples": "given" if given else "made",
        "float32Cost": cost_of_float32(answer, {"features": rows}) if given and rows.dtype == "float64" else None,
    }


def made_up(model):
    """Rows around the thresholds of the trees, where answers change."""
    random = numpy.random.default_rng(0)
    rows = random.normal(size=(ROWS, model.width))
    for feature, thresholds in model.thresholds().items():
        spread = numpy.std(thresholds) + abs(numpy.mean(thresholds)) / 10 + 1e-3
        rows[:, feature] = random.choice(thresholds, size=ROWS) + random.normal(0, spread, size=ROWS)
    return rows.astype("float32")


if __name__ == "__main__":
    converse(convert)
