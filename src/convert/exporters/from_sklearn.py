"""scikit-learn: an estimator or pipeline that was kept with skops, joblib or pickle, by way of skl2onnx."""

import importlib.util
import warnings

import numpy
import sklearn
from cases import cases_of, cost_of_float32, write_answers
from conversation import Refusal, choose, converse
from finish_model import finish_model, without_sequences
from samples import read_samples
from sklearn_answers import answers_of, batch_first, output_names
from sklearn_convertible import convertible_of
from sklearn_forms import form_of, with_missing
from sklearn_load import load
from sklearn_parts import all_parts, last_of
from sklearn_scalers import has_scalers, register_exact_scalers

ROWS = 64


def convert(request):
    estimator = load(request)
    form = form_of(estimator)
    given = read_samples(request["samples"]) if request["samples"] else None
    wide = form.take(given) if given else None
    warnings.simplefilter("ignore")
    route, (kind, prepare) = choose(routes_of(estimator), request)
    twin, locales = convertible_of(estimator, kind)
    request["progress"](f"convert {type(estimator).__name__} by {route}")
    register_boosting()
    if prepare is not None:
        prepare()
    model = export(twin, form.types(kind), locales, request)
    without_sequences(model.graph)
    batch_first(model.graph, estimator)
    outputs = output_names(estimator, [value.name for value in model.graph.output])
    types = {outputs[value.name]: value.type.tensor_type.elem_type for value in model.graph.output if value.name in outputs}
    answer = lambda inputs: answers_of(estimator, form, inputs, types)  # noqa: E731
    inputs = narrowed(wide, kind) if given else made_up(estimator, form, answer, kind)
    cases = cases_of(inputs, answer)
    opsets = finish_model(
        model,
        name=request["name"],
        path=f"{request['output']}/model.onnx",
        inputs={name: name for name in form.names},
        outputs={value: name for value, name in outputs.items() if name in cases[0][2]},
        answers=[case[2] for case in cases],
    )
    write_answers(request["output"], cases, inputs, answer)
    return {
        "framework": {"name": "scikit-learn", "version": sklearn.__version__},
        "opsets": opsets,
        "samples": "given" if given else "made",
        "float32Cost": cost_of_float32(answer, wide) if given and kind == "float32" else None,
    }


def routes_of(estimator):
    """Ways to convert, the usual one first; the others lose fewer digits, and are slower. Each is a width and what it has set up."""
    plain = ("skl2onnx", ("float32", None))
    exact = ("skl2onnx, with scalers in 64 bits", ("float32", register_exact_scalers))
    wide = ("skl2onnx, with 64-bit inputs", ("float64", None))
    return [plain, *([exact] if has_scalers(estimator) else []), wide]


def narrowed(wide, kind):
    return {name: values.astype(kind) if values.dtype.kind == "f" else values for name, values in wide.items()}


def made_up(estimator, form, answer, kind):
    random = numpy.random.default_rng(0)
    rows = form.make(ROWS, random)
    return narrowed(with_missing(rows, answer, random) if takes_missing(estimator) else rows, kind)


def takes_missing(estimator):
    """Trees of scikit-learn answer rows with missing values also where they have never seen any, and their exports otherwise."""
    return any(type(part).__name__.endswith("Imputer") or "HistGradientBoosting" in type(part).__name__ for part in all_parts(estimator))


def export(estimator, types, locales, request):
    from skl2onnx import convert_sklearn

    last = last_of(estimator)
    texts = {part: {"locale": locale} for part, locale in locales.items()}
    answers = [{id(last): {"zipmap": False}}, {id(last): {}}, {}] if sklearn.base.is_classifier(estimator) else [{}]
    for options in [{**text, **answer} for answer in answers for text in ([texts, {}] if texts else [{}])]:
        try:
            return convert_sklearn(
                estimator,
                initial_types=types,
                options=options or None,
                target_opset={"": request["opset"], "ai.onnx.ml": request["mlOpset"]},
            )
        except NameError as error:
            # Not every estimator takes the options, and which do is written nowhere but in the converters.
            if "zipmap" not in str(error) and "locale" not in str(error):
                raise
    raise Refusal("convert/options", "no set of options was accepted by skl2onnx", "Report this model's kind as a defect.")


def register_boosting():
    """XGBoost and LightGBM as steps of a pipeline, where the environment has them."""
    from skl2onnx import update_registered_converter
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes as labels
    from skl2onnx.common.shape_calculator import calculate_linear_regressor_output_shapes as numbers

    if importlib.util.find_spec("onnxmltools") is None:
        return
    options = {"nocl": [True, False], "zipmap": [True, False, "columns"]}
    if importlib.util.find_spec("xgboost"):
        from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost
        from xgboost import XGBClassifier, XGBRegressor

        update_registered_converter(XGBClassifier, "XGBoostXGBClassifier", labels, convert_xgboost, options=options)
        update_registered_converter(XGBRegressor, "XGBoostXGBRegressor", numbers, convert_xgboost)
    if importlib.util.find_spec("lightgbm"):
        from lightgbm import LGBMClassifier, LGBMRegressor
        from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm

        update_registered_converter(LGBMClassifier, "LightGbmLGBMClassifier", labels, convert_lightgbm, options=options)
        update_registered_converter(LGBMRegressor, "LgbmRegressor", numbers, convert_lightgbm, options={"split": None})


if __name__ == "__main__":
    converse(convert)
