"""PyTorch: an exported program (`.pt2`), or a function that returns a module and example inputs, by the dynamo exporter."""

import importlib
import inspect
import logging
import re
import warnings

import numpy
import torch
from conversation import Refusal, converse
from finish_model import finish_model
from samples import read_samples, write_cases

ROWS = (1, 2, 3, 5, 8)


def convert(request):
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    source = load(request)
    request["progress"]("trace and export")
    program = source.program or trace(source)
    names = input_names(program)
    exported = torch.onnx.export(
        program, (), dynamo=True, opset_version=request["opset"], external_data=False, verbose=False, optimize=True
    )
    model = exported.model_proto
    outputs = output_names(program, [value.name for value in model.graph.output])
    cases = cases_of(source, names, list(outputs.values()), request)
    opsets = finish_model(
        model,
        name=request["name"],
        path=f"{request['output']}/model.onnx",
        inputs={value.name: value.name for value in model.graph.input},
        outputs=outputs,
        answers=[case[2] for case in cases],
        symbols=source.dynamic if source.program is None else None,
    )
    write_cases(f"{request['output']}/cases", cases)
    return {
        "framework": {"name": "pytorch", "version": torch.__version__},
        "route": "torch.onnx, dynamo",
        "opsets": opsets,
        "samples": "given" if request["samples"] else "made",
        "float32Cost": None,
    }


class Source:
    """What answers, the example inputs by name, and which of their dimensions are open: `{name: {axis: symbol}}`."""

    def __init__(self, module, examples, dynamic=None, program=None):
        self.module, self.examples, self.program = module, examples, program
        self.positional = len(program.example_inputs[0]) if program else 0
        self.dynamic = dynamic or {name: {0: "batch"} for name, value in examples.items() if value.ndim > 0}

    def __call__(self, inputs):
        with torch.no_grad():
            names = list(inputs)
            named_ones = {name: inputs[name] for name in names[self.positional :]}
            found = self.module(*[inputs[name] for name in names[: self.positional]], **named_ones)
        return flatten(found)


def load(request):
    if request["artefact"].endswith(".pt2"):
        return load_program(request["artefact"])
    return load_function(request["module"], request["function"])


def load_program(path):
    program = torch.export.load(path)
    args, kwargs = program.example_inputs or ((), {})
    names = input_names(program)
    examples = dict(zip(names, [*args, *kwargs.values()]))
    if not examples:
        raise Refusal(
            "convert/pytorch-examples",
            "the exported program carries no example inputs",
            "Keep it with torch.export.save right after torch.export.export, which adds them.",
        )
    return Source(program.module(), examples, program=program)


def load_function(module, function):
    made = getattr(importlib.import_module(module), function, None)
    if made is None:
        raise Refusal("convert/pytorch-function", f"module {module} has no {function}", "Name the function as module:function.")
    made = made()
    if not isinstance(made, tuple) or len(made) not in (2, 3) or not isinstance(made[0], torch.nn.Module):
        raise Refusal(
            "convert/pytorch-examples",
            f"{module}:{function} returned {type(made).__name__}, not a module with example inputs",
            "Return (module, examples) or (module, examples, dynamic): a torch.nn.Module, a tensor, tuple or dictionary of tensors, "
            "and which dimensions are open, such as {'tokens': {0: 'batch', 1: 'sequence'}}.",
        )
    network = made[0].eval()
    return Source(network, named(network, made[1]), made[2] if len(made) == 3 else None)


def named(network, examples):
    if isinstance(examples, dict):
        return dict(examples)
    examples = examples if isinstance(examples, (tuple, list)) else (examples,)
    return dict(zip(inspect.signature(network.forward).parameters, examples))


def trace(source):
    """Sizes of one are special to the tracer, so that an open dimension is traced with more."""
    examples = {name: widened(value, source.dynamic.get(name, {})) for name, value in source.examples.items()}
    symbols = {symbol: torch.export.Dim(symbol, min=1) for axes in source.dynamic.values() for symbol in axes.values()}
    shapes = {name: {axis: symbols[symbol] for axis, symbol in source.dynamic.get(name, {}).items()} for name in examples}
    return torch.export.export(source.module, (), kwargs=examples, dynamic_shapes=shapes)


def widened(value, axes):
    for axis in axes:
        if value.shape[axis] == 1:
            value = torch.cat([value, value], dim=axis)
    return value


def input_names(program):
    return [name for name in program.graph_signature.user_inputs if isinstance(name, str)]


def output_names(program, found):
    """The tracer names outputs after its operations, which says nothing."""
    keys = [re.sub(r"\W+", "_", str(key)).strip("_") for key in output_keys(program)]
    if len(keys) == len(found) and all(keys):
        return dict(zip(found, keys))
    return {found[0]: "output"} if len(found) == 1 else {name: f"output_{place}" for place, name in enumerate(found)}


def output_keys(program):
    """Of a module that returns a dictionary of tensors."""
    keys = getattr(program.call_spec.out_spec, "context", None)
    return keys if isinstance(keys, list) and all(isinstance(key, str) for key in keys) else []


def flatten(found):
    if isinstance(found, torch.Tensor):
        return [found]
    if isinstance(found, dict):
        return [part for value in found.values() for part in flatten(value)]
    return [part for value in found for part in flatten(value)]


def cases_of(source, names, outputs, request):
    given = read_samples(request["samples"]) if request["samples"] else None
    cases = []
    for rows in ROWS:
        inputs = {name: sized(source, name, rows, given) for name in names}
        answers = dict(zip(outputs, [value.numpy() for value in source({name: torch.from_numpy(value) for name, value in inputs.items()})]))
        cases.append((f"together-{rows:02}", inputs, answers))
    return cases


def sized(source, name, rows, given):
    """So many rows like the example: shuffled and disturbed floats, integers that the example has."""
    example = source.examples[name].detach().numpy()
    axes = source.dynamic.get(name, {})
    if given is not None:
        return numpy.ascontiguousarray(given[name][:rows].astype(example.dtype))
    shape = [rows if axes.get(axis) == "batch" else (size + rows) if axis in axes else size for axis, size in enumerate(example.shape)]
    random = numpy.random.default_rng([rows, len(name)])
    if source.program is not None:
        shape[0] = rows if is_open(source, name) else example.shape[0]
    if example.dtype.kind != "f":
        return random.choice(example.ravel(), size=shape).astype(example.dtype)
    return random.normal(float(example.mean()), float(example.std()) or 1.0, size=shape).astype(example.dtype)


def is_open(source, name):
    for node in source.program.graph.nodes:
        if node.op == "placeholder" and node.name == name:
            return not isinstance(node.meta["val"].shape[0], int)
    return False


if __name__ == "__main__":
    converse(convert)
