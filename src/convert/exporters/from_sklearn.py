"""scikit-learn: an estimator or pipeline that was kept with skops, joblib or pickle, by way of skl2onnx."""

import warnings

import numpy
import sklearn
from cases import cases_of, cost_of_float32, write_answers
from conversation import Refusal, choose, converse
from finish_model import finish_model, without_sequences
from samples import read_samples
from sklearn_answers import answers_of, batch_first, labels_as_rows, output_names
from sklearn_boosting import register_boosting
from sklearn_convertible import convertible_of
from sklearn_forms import form_of, with_missing, without_negatives
from sklearn_functions import register_functions
from sklearn_load import load
from sklearn_neighbours import register_distance_weights
from sklearn_parts import all_parts, last_of
from sklearn_refusals import refuse_unfaithful
from sklearn_scalers import has_scalers, register_exact_scalers

ROWS = 64


def convert(request):
    estimator = load(request)
    refuse_unfaithful(estimator)
    form = form_of(estimator)
    given = read_samples(request["samples"]) if request["samples"] else None
    wide = form.take(given) if given else None
    warnings.simplefilter("ignore")
    route, (kind, prepare) = choose(routes_of(estimator), request)
    twin, locales = convertible_of(estimator, kind)
    request["progress"](f"convert {type(estimator).__name__} by {route}")
    register_boosting(estimator)
    register_functions(estimator)
    register_distance_weights(estimator)
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
    labels_as_rows(model, outputs, cases[0][2])
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
    """Rows that the original answers: some take no missing values, some nothing below zero."""
    random = numpy.random.default_rng(0)
    rows = form.make(ROWS, random)
    tries = [*([with_missing(rows, random)] if takes_missing(estimator) else []), rows, without_negatives(rows)]
    for made in (narrowed(made, kind) for made in tries):
        try:
            answer(made)
            return made
        except ValueError as error:
            reason = error
    raise Refusal(
        "convert/samples",
        f"the original answers none of the rows that were made up: {str(reason)[:500]}",
        "Give rows of your own with the key \"samples\" beside \"from\".",
    )


def takes_missing(estimator):
    """Trees of scikit-learn answer rows with missing values also where they have never seen any, and their exports otherwise."""
    return any(type(part).__name__.endswith("Imputer") or type(part).__name__.startswith(("HistGradientBoosting", "XGB")) for part in all_parts(estimator))


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


if __name__ == "__main__":
    converse(convert)
