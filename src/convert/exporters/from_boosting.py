"""XGBoost and LightGBM: a model in the library's own format, by way of onnxmltools."""

import json

import numpy
from boosting_thresholds import lightgbm_nodes, lightgbm_thresholds, xgboost_thresholds
from cases import cases_of, cost_of_float32, write_answers
from conversation import Refusal, choose, converse
from finish_model import finish_model
from samples import matrix_of, read_samples

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
        if "c" in (self.booster.feature_types or []):
            raise Refusal(
                "convert/xgboost-categories",
                "XGBoost's splits by category have no converter to ONNX",
                "Encode those columns before training (for instance with scikit-learn's OrdinalEncoder) and train on numbers alone.",
            )
        kind = config["gradient_booster"]["name"]
        if kind not in ("gbtree", "dart"):
            raise Refusal(
                "convert/xgboost-booster",
                f"the booster {kind} of XGBoost has no converter to ONNX",
                "Train with booster='gbtree'; for a linear model, with scikit-learn's own.",
            )
        if int(config["learner_model_param"].get("num_target", 1)) > 1:
            raise Refusal(
                "convert/xgboost-targets",
                "models of XGBoost with several targets have no converter to ONNX",
                "Train a model for each target, or one of scikit-learn's for all, such as RandomForestRegressor.",
            )
        self.estimator = self.wrapped(xgboost, path)

    def wrapped(self, xgboost, path):
        """onnxmltools takes what a plain booster leaves out, such as the number of classes, from scikit-learn's interface."""
        estimator = xgboost.XGBClassifier() if self.is_classifier else xgboost.XGBRegressor()
        # Columns that are numbered are the only ones that onnxmltools reads; names do not change an answer.
        self.booster.feature_names = None
        self.booster.feature_types = None
        # What kind of estimator trained it: a ranker's answers are a regressor's.
        self.booster.set_attr(scikit_learn=None)
        model = json.loads(self.booster.save_raw("json"))
        without_dropping(model["learner"])
        estimator.load_model(bytearray(json.dumps(model).encode()))
        return estimator

    @property
    def is_classifier(self):
        return self.objective.startswith(("binary:logistic", "multi:"))

    def routes(self):
        return [("onnxmltools", self.export)]

    def export(self, types, opset):
        from onnxmltools import convert_xgboost

        return convert_xgboost(self.estimator, initial_types=types, target_opset=opset)

    def takes_missing(self, feature):
        return True

    def categories(self):
        return {}

    def answers(self, rows):
        if not self.is_classifier:
            return {"prediction": self.estimator.predict(rows).astype("float32").reshape(len(rows), -1)}
        return {
            "label": self.estimator.predict(rows).astype("int64"),
            "probabilities": self.estimator.predict_proba(rows).astype("float32"),
        }

    def thresholds(self):
        return xgboost_thresholds(self.booster)


def without_dropping(learner):
    """Trees of DART weigh differently, which onnxmltools does not know: their leaves weighed, they are plain trees."""
    booster = learner["gradient_booster"]
    if booster["name"] != "dart":
        return
    learner["gradient_booster"] = booster["gbtree"]
    for tree, weight in zip(booster["gbtree"]["model"]["trees"], booster["weight_drop"]):
        for node, child in enumerate(tree["left_children"]):
            if child == -1:
                tree["split_conditions"][node] *= weight


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
        if "is_linear=1" in self.booster.model_to_string():
            raise Refusal(
                "convert/lightgbm-linear-trees",
                "trees of LightGBM with linear models in their leaves have no converter to ONNX",
                "Train without linear_tree.",
            )
        if self.objective == "multiclassova":
            raise Refusal(
                "convert/lightgbm-one-against-the-rest",
                "the converter to ONNX gets the probabilities of objective='multiclassova' wrong",
                "Train with objective='multiclass'.",
            )
        self.with_missing = {node["split_feature"] for node in lightgbm_nodes(self.dump) if node["missing_type"] == "NaN"}

    @property
    def is_classifier(self):
        return self.objective in ("binary", "multiclass", "softmax")

    def routes(self):
        # Sums of hundreds of leaves lose digits in 32 bits; groups of trees lose fewer, and are slower.
        grouped = lambda types, opset: self.export(types, opset, split=GROUP)  # noqa: E731
        return [("onnxmltools", self.export), *([("onnxmltools, in groups of trees", grouped)] if self.can_group else [])]

    @property
    def can_group(self):
        return not self.is_classifier and len(self.dump["tree_info"]) > GROUP

    def export(self, types, opset, split=None):
        from onnxmltools import convert_lightgbm

        model = convert_lightgbm(self.booster, initial_types=types, target_opset=opset, zipmap=False, split=split)
        if self.dump.get("average_output"):
            average(model, len(self.dump["tree_info"]) // self.dump["num_tree_per_iteration"])
        return model

    def takes_missing(self, feature):
        """A feature that had no missing values in training counts them as zero, and the export does not."""
        return feature in self.with_missing

    def answers(self, rows):
        values = self.booster.predict(rows)
        if not self.is_classifier:
            return {"prediction": values.astype("float32").reshape(len(rows), -1)}
        both = values if values.ndim == 2 else numpy.stack([1 - values, values], axis=1)
        return {"label": both.argmax(axis=1).astype("int64"), "probabilities": both.astype("float32")}

    def thresholds(self):
        return lightgbm_thresholds(self.dump)

    def categories(self):
        """By feature, those that splits name, as `1||4||7`."""
        found = {}
        for node in lightgbm_nodes(self.dump):
            if isinstance(node["threshold"], str):
                found.setdefault(node["split_feature"], set()).update(int(value) for value in node["threshold"].split("||"))
        return found


def average(model, count):
    """Of a random forest, whose trees onnxmltools sums."""
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name in ("target_weights", "class_weights"):
                attribute.floats[:] = [weight / count for weight in attribute.floats]


# Trees whose leaves are summed together.
GROUP = 64

LIBRARIES = {"xgboost": XGBoost, "lightgbm": LightGBM}
# onnxmltools writes ai.onnx.ml operators alone, and refuses opsets that it does not know.
NEWEST_OPSET = 15


def convert(request):
    from onnxmltools.convert.common.data_types import FloatTensorType

    model = LIBRARIES[request["from"]](request["artefact"])
    given = read_samples(request["samples"]) if request["samples"] else None
    rows = matrix_of(given, model.fields, model.width) if given else made_up(model)
    answer = lambda inputs: model.answers(inputs["features"])  # noqa: E731
    inputs = {"features": rows.astype("float32")}
    cases = cases_of(inputs, answer)
    route, export = choose(model.routes(), request)
    request["progress"](f"convert a model of {model.width} features, {model.objective}")
    exported = export([("features", FloatTensorType([None, model.width]))], min(request["opset"], NEWEST_OPSET))
    opsets = finish_model(
        exported,
        name=request["name"],
        path=f"{request['output']}/model.onnx",
        inputs={"features": "features"},
        outputs=dict(zip([value.name for value in exported.graph.output], cases[0][2])),
        answers=[case[2] for case in cases],
    )
    write_answers(request["output"], cases, inputs, answer)
    return {
        "framework": {"name": request["from"], "version": model.version},
        "opsets": opsets,
        "samples": "given" if given else "made",
        "float32Cost": cost_of_float32(answer, {"features": rows}) if given else None,
    }


# Of made-up cells, how many are missing where the model takes that.
MISSING_SHARE = 0.08


def made_up(model):
    """Rows around the thresholds of the trees, where answers change, with some values missing."""
    random = numpy.random.default_rng(0)
    rows = random.normal(size=(ROWS, model.width))
    for feature, thresholds in model.thresholds().items():
        spread = numpy.std(thresholds) + abs(numpy.mean(thresholds)) / 10 + 1e-3
        rows[:, feature] = random.choice(thresholds, size=ROWS) + random.normal(0, spread, size=ROWS)
    for feature, categories in model.categories().items():
        rows[:, feature] = random.choice(sorted(categories), size=ROWS)
    for feature in filter(model.takes_missing, range(model.width)):
        rows[random.random(ROWS) < MISSING_SHARE, feature] = numpy.nan
    return rows.astype("float32")


if __name__ == "__main__":
    converse(convert)
