"""PyTorch: an exported program (`.pt2`), or a function that returns a module and example inputs, by the dynamo exporter."""

import logging
import os
import tempfile
import warnings

import numpy
import onnx
import torch
from cases import cases_of, write_answers
from conversation import Refusal, choose, converse
from finish_model import finish_model
from pytorch_source import load, trace
from samples import as_numbers, read_samples

ROWS = (1, 2, 3, 5, 8)
# The older exporter knows none above.
NEWEST_TRACED_OPSET = 20


def convert(request):
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    source = load(request)
    source.refuse_bfloat16()
    if not source.has_open_dimension:
        request["warn"]("every dimension is fixed, that of the batch too: requests have to be as large as the example; export with dynamic_shapes to open it")
    given = taken(source, read_samples(request["samples"])) if request["samples"] else None
    outputs = list(answers_of(source, source.example_arrays()))
    answer = lambda inputs: answers_of(source, inputs)  # noqa: E731
    cases = cases_of(given, answer) if given else made_up_cases(source)
    route, export = choose(routes_of(source), request)
    request["progress"](f"convert by {route}")
    model = export(source, outputs, request["opset"])
    opsets = finish_model(
        model,
        name=request["name"],
        path=f"{request['output']}/model.onnx",
        inputs={value.name: value.name for value in model.graph.input},
        outputs=dict(zip([value.name for value in model.graph.output], outputs)),
        answers=[case[2] for case in cases],
        symbols=source.dynamic if source.program is None else None,
    )
    write_answers(request["output"], cases, given, answer, source.is_half)
    return {
        "framework": {"name": "pytorch", "version": torch.__version__},
        "opsets": opsets,
        "samples": "given" if given else "made",
        "float32Cost": None,
    }


def routes_of(source):
    dynamo = ("torch.onnx, dynamo", by_dynamo)
    # Some modules are open where they were asked to be, and still not for every size.
    found = ("torch.onnx, dynamo, with the dimensions that it finds open", lambda *facts: by_dynamo(*facts, is_asked=False))
    return [dynamo, *([found] if source.program is None else []), ("torch.onnx, by tracing", by_tracing)]


def by_dynamo(source, outputs, opset, is_asked=True):
    program = source.program or trace(source, is_asked)
    exported = torch.onnx.export(program, (), dynamo=True, opset_version=opset, external_data=False, verbose=False, optimize=True)
    return exported.model_proto


def by_tracing(source, outputs, opset):
    """Follows one run. A branch on values would be frozen as that run took it, so that such a warning is an error."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", torch.jit.TracerWarning)
        model = traced(source, outputs, opset)
    for warning in caught:
        if issubclass(warning.category, torch.jit.TracerWarning):
            raise RuntimeError(f"TracerWarning: {warning.message}")
    return model


def traced(source, outputs, opset):
    examples = source.wide_examples()
    names = list(examples)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "exported.onnx")
        torch.onnx.export(
            source.module,
            tuple(examples.values())[: source.positional],
            path,
            kwargs={name: examples[name] for name in names[source.positional :]},
            input_names=names,
            output_names=outputs,
            dynamic_axes={name: dict(axes) for name, axes in source.dynamic.items() if axes},
            opset_version=min(opset, NEWEST_TRACED_OPSET),
            dynamo=False,
        )
        return onnx.load(path)


def answers_of(source, inputs):
    found = source({name: torch.from_numpy(numpy.ascontiguousarray(value)) for name, value in inputs.items()})
    return {name: value.numpy() for name, value in found.items()}


def taken(source, given):
    missing = [name for name in source.examples if name not in given]
    if missing:
        raise Refusal(
            "convert/samples",
            f"the samples have no {', '.join(missing)}; they have {', '.join(given)}",
            "Give the samples the module's inputs by name, as NPZ or as lists in JSON.",
        )
    return {name: as_numbers(given[name], name).astype(example.dtype) for name, example in source.example_arrays().items()}


def made_up_cases(source):
    cases = []
    for rows in ROWS:
        inputs = {name: sized(source, name, rows, example) for name, example in source.example_arrays().items()}
        cases.append((f"together-{rows:02}", inputs, answers_of(source, inputs)))
        if not source.has_open_dimension:
            break
    return cases


def sized(source, name, rows, example):
    """So many rows like the example: floats that lie as it does, integers that it has."""
    axes = source.dynamic.get(name, {})
    # One symbol is one size wherever it stands.
    shape = [source.size_of(axes[axis], size, rows) if axis in axes else size for axis, size in enumerate(example.shape)]
    random = numpy.random.default_rng([rows, len(name)])
    if example.dtype.kind != "f":
        return random.choice(example.ravel(), size=shape).astype(example.dtype)
    return random.normal(float(example.mean()), float(example.std()) or 1.0, size=shape).astype(example.dtype)


if __name__ == "__main__":
    converse(convert)
