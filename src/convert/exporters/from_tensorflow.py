"""Keras (`.keras`), TensorFlow (a SavedModel folder) and TensorFlow Lite (`.tflite`), by way of tf2onnx.

Keras goes through a SavedModel first because other routes leave constants of preprocessing layers as inputs.
"""

import os
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy  # noqa: E402
import tensorflow  # noqa: E402
from cases import cases_of, write_answers  # noqa: E402
from conversation import Refusal, choose, converse  # noqa: E402
from finish_model import finish_model  # noqa: E402
from samples import as_numbers, as_texts, read_samples  # noqa: E402
from tensorflow_sources import open_source  # noqa: E402
from tf2onnx_program import refuse_foreign_operators  # noqa: E402

ROWS = (1, 2, 3, 5, 8)
# A dimension that the model leaves open, other than the batch, gets this many more than there are rows.
OPEN_SIZE = 4


def convert(request):
    tensorflow.random.set_seed(0)
    source = open_source(request)
    given = taken(source, read_samples(request["samples"])) if request["samples"] else None
    cases = cases_of(given, source.answers) if given else made_up_cases(source)
    route, export = choose(source.routes(), request)
    request["progress"](f"convert by {route}")
    with tempfile.TemporaryDirectory() as folder:
        model = export(folder, request["opset"])
    refuse_foreign_operators(model)
    renamed = matched([value.name for value in model.graph.input], source.exported_inputs)
    if source.texts and source.texts.layers:
        names = list(renamed)[: len(source.texts.layers)]
        source.texts.prepend(model, names)
        renamed = {**{name: name for name in source.texts.sources}, **{old: new for old, new in renamed.items() if old not in names}}
    opsets = finish_model(
        model,
        name=request["name"],
        path=f"{request['output']}/model.onnx",
        inputs=renamed,
        outputs=matched([value.name for value in model.graph.output], list(cases[0][2])),
        answers=[case[2] for case in cases],
    )
    write_answers(request["output"], cases, given, source.answers, source.is_half)
    return {"framework": source.framework, "opsets": opsets, "samples": "given" if given else "made", "float32Cost": None}


def matched(found, wanted):
    """Pairs the exporter's names with readable ones: by name where they agree, else by place; in the order of `wanted`."""
    by_name = {name.split(":")[0]: name for name in found}
    if set(by_name) == set(wanted):
        return {by_name[name]: name for name in wanted}
    if len(found) != len(wanted):
        raise Refusal(
            "convert/tensorflow-signature",
            f"the export takes or gives {', '.join(found)} where the original has {', '.join(wanted)}",
            "Export from a SavedModel: model.export(path), then name that folder as the source.",
        )
    return dict(zip(found, wanted))


def taken(source, given):
    """The user's own rows, as the model's inputs; a model of one input takes the columns together, or the only one."""
    if set(source.inputs) <= set(given):
        columns = {name: given[name] for name in source.inputs}
    elif len(source.inputs) == 1:
        name, (shape, kind) = next(iter(source.inputs.items()))
        values = list(given.values())
        columns = {name: values[0] if len(values) == 1 else numpy.stack([as_numbers(part, key) for key, part in given.items()], axis=1)}
    else:
        raise Refusal(
            "convert/samples",
            f"the samples have {', '.join(given)}, and the model takes {', '.join(source.inputs)}",
            "Give the samples the model's inputs by name.",
        )
    return {name: shaped(values, *source.inputs[name], name) for name, values in columns.items()}


def shaped(values, shape, kind, name):
    values = as_texts(values) if kind == "string" else as_numbers(values, name).astype(kind)
    wanted = (len(values), *(values.shape[axis] if size is None and axis < values.ndim else size or 1 for axis, size in enumerate(shape) if axis > 0))
    if numpy.prod(wanted) != values.size:
        raise Refusal(
            "convert/samples",
            f"the samples for {name} have the shape {list(values.shape)}, and the model takes {[None, *shape[1:]]}",
            "Give rows of that shape, as NPZ or as lists in JSON.",
        )
    return values.reshape(wanted)


def made_up_cases(source):
    cases = []
    for rows in ROWS:
        inputs = {name: made_up(source, shape, kind, rows) for name, (shape, kind) in source.inputs.items()}
        cases.append((f"together-{rows:02}", inputs, source.answers(inputs)))
    return cases


# What a text model and its export are likeliest to part on.
ODD_TEXTS = ("", "a", "can't sign-in: don't!", "ÉTÉ Straße İ", "退款 refund", "two  spaces\tand\nlines", "?!", "UPPER lower")


def made_up(source, shape, kind, rows):
    shape = [rows if axis == 0 else size if size is not None else OPEN_SIZE + rows for axis, size in enumerate(shape)]
    random = numpy.random.default_rng(rows)
    if kind == "string":
        return texts_for(source, shape, random)
    if kind == "bool":
        return random.integers(0, 2, size=shape).astype(bool)
    if kind.startswith(("int", "uint")):
        return random.integers(0, 2, size=shape).astype(kind)
    values = random.normal(size=shape)
    if source.scale is not None:
        values = source.scale[0] + values * source.scale[1]
    return values.astype(kind)


def texts_for(source, shape, random):
    words = [*(source.words or ["word"]), "an unknown one", ""]
    count = int(numpy.prod(shape))
    if source.texts and source.texts.layers:
        sentences = [" ".join(random.choice(words, size=int(random.integers(1, 12)))) for _ in range(count)]
        words = [ODD_TEXTS[place % len(ODD_TEXTS)] if place % 2 else sentence for place, sentence in enumerate(sentences)]
        return numpy.array(words, dtype=object).reshape(shape)
    return random.choice(numpy.array(words, dtype=object), size=shape)


if __name__ == "__main__":
    converse(convert)
