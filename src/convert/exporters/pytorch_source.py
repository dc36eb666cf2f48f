"""What PyTorch models are kept as: what answers, example inputs, and which of their dimensions are open."""

import importlib
import inspect
import re

import torch
from conversation import Refusal


class Source:
    """`module` answers; `examples` are tensors by name; `dynamic` names open dimensions: `{name: {axis: symbol}}`."""

    def __init__(self, module, examples, dynamic=None, program=None):
        self.module, self.examples, self.program = module, examples, program
        self.positional = len(program.example_inputs[0]) if program else 0
        self.dynamic = dynamic if dynamic is not None else {name: {0: "batch"} for name, value in examples.items() if value.ndim > 0}
        first = next((axes[0] for axes in self.dynamic.values() if 0 in axes), None)
        self.batch = first

    def __call__(self, inputs):
        """Tensors by name; a dictionary of the module's keeps its keys."""
        with torch.no_grad():
            names = list(inputs)
            named_ones = {name: inputs[name] for name in names[self.positional :]}
            found = self.module(*[inputs[name] for name in names[: self.positional]], **named_ones)
        return readable(found)

    def tensors(self):
        return [*self.module.parameters(), *self.module.buffers(), *self.examples.values()]

    @property
    def is_half(self):
        return any(value.dtype == torch.float16 for value in self.tensors())

    def refuse_bfloat16(self):
        if any(value.dtype == torch.bfloat16 for value in self.tensors()):
            raise Refusal(
                "convert/pytorch-bfloat16",
                "the module computes in bfloat16, which the runtime has no operators for on a CPU",
                "Return module.float(), or module.half(), and example inputs of the same type.",
            )

    @property
    def has_open_dimension(self):
        return any(self.dynamic.values())

    def example_arrays(self):
        return {name: value.detach().numpy() for name, value in self.examples.items()}

    def size_of(self, symbol, size, rows):
        return rows if symbol == self.batch else size + rows

    def wide_examples(self):
        """Sizes of one are special to the tracer, so that an open dimension is traced with more."""
        return {name: widened(value, self.dynamic.get(name, {})) for name, value in self.examples.items()}


def load(request):
    if request["artefact"].endswith(".pt2"):
        return load_program(request["artefact"])
    return load_function(request["module"], request["function"])


def load_program(path):
    program = torch.export.load(path)
    args, kwargs = program.example_inputs or ((), {})
    names = [name for name in program.graph_signature.user_inputs if isinstance(name, str)]
    examples = dict(zip(names, [*args, *kwargs.values()]))
    if not examples:
        raise Refusal(
            "convert/pytorch-examples",
            "the exported program carries no example inputs",
            "Keep it with torch.export.save right after torch.export.export, which adds them.",
        )
    return Source(program.module(), examples, open_dimensions(program, names), program)


def open_dimensions(program, names):
    """The symbols of a program's inputs, by input and axis."""
    found = {}
    for node in program.graph.nodes:
        if node.op == "placeholder" and node.name in names:
            sizes = node.meta["val"].shape
            found[node.name] = {axis: str(size) for axis, size in enumerate(sizes) if not isinstance(size, int)}
    return found


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
    examples = named(network, made[1])
    strange = [name for name, value in examples.items() if not isinstance(value, torch.Tensor)]
    if strange:
        raise Refusal(
            "convert/pytorch-examples",
            f"the example inputs {', '.join(strange)} of {module}:{function} are no tensors",
            "Give a tensor for each input of forward.",
        )
    return Source(network, examples, made[2] if len(made) == 3 else None)


def named(network, examples):
    if isinstance(examples, dict):
        return dict(examples)
    examples = examples if isinstance(examples, (tuple, list)) else (examples,)
    return dict(zip(inspect.signature(network.forward).parameters, examples))


def trace(source, is_asked=True):
    """With open dimensions as they were asked for, or as the tracer finds them."""
    symbols = {symbol: torch.export.Dim(symbol, min=1) for axes in source.dynamic.values() for symbol in axes.values()}
    examples = source.wide_examples()
    shapes = {
        name: {axis: symbols[symbol] if is_asked else torch.export.Dim.AUTO for axis, symbol in source.dynamic.get(name, {}).items()}
        for name in examples
    }
    return torch.export.export(source.module, (), kwargs=examples, dynamic_shapes=shapes)


def widened(value, axes):
    for axis in axes:
        if value.shape[axis] == 1:
            value = torch.cat([value, value], dim=axis)
    return value


def readable(found):
    """Tensors by the keys of a dictionary, else by their place."""
    if isinstance(found, dict) and all(isinstance(value, torch.Tensor) for value in found.values()):
        keys = [re.sub(r"\W+", "_", str(key)).strip("_") for key in found]
        if all(keys) and len(set(keys)) == len(keys):
            return dict(zip(keys, found.values()))
    parts = flatten(found)
    return {"output": parts[0]} if len(parts) == 1 else {f"output_{place}": part for place, part in enumerate(parts)}


def flatten(found):
    if isinstance(found, torch.Tensor):
        return [found]
    values = found.values() if isinstance(found, dict) else found if isinstance(found, (list, tuple)) else []
    return [part for value in values for part in flatten(value)]
