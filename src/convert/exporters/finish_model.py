"""What every exporter's model gets before it leaves: stable names, open dimensions with names, and nothing of the machine."""

import re

import onnx
from onnx import TensorProto, helper

# protobuf's own limit is 2 GiB; beyond this size weights go to a file beside the model.
LARGEST_INLINE_BYTES = 1 << 30


def finish_model(model, *, name, path, inputs, outputs, answers, symbols=None):
    """Writes `model` to `path`.

    `inputs` and `outputs` map names of the exporter to names that people recognise, in order; outputs that are not named are
    dropped. `answers` are the original's own, each a list of dictionaries of arrays by output name: declared shapes follow them,
    since exporters declare wrong ones. `symbols` names open dimensions, by input and axis, where the exporter has lost their names.
    """
    graph = model.graph
    without_constants_as_inputs(graph)
    without_zipmap(graph, outputs)
    keep_outputs(graph, list(outputs))
    rename_values(graph, {**inputs, **outputs})
    graph.name = name
    name_constants(graph)
    order_categories(graph)
    strip_origins(model)
    name_dimensions(graph, answers, symbols or {})
    settle_opsets(model)
    onnx.checker.check_model(model)
    write(model, path)
    return {opset.domain or "ai.onnx": opset.version for opset in model.opset_import}


def without_constants_as_inputs(graph):
    """An input that has a stored value is a weight that old intermediate representations list twice."""
    stored = {tensor.name for tensor in graph.initializer}
    kept = [value for value in graph.input if value.name not in stored]
    replace(graph.input, kept)


def without_zipmap(graph, outputs):
    """A ZipMap turns a tensor of probabilities into maps, which no tensor protocol carries: its input is what is wanted."""
    zipmaps = {node.output[0]: node for node in graph.node if node.op_type == "ZipMap"}
    for value in graph.output:
        node = zipmaps.get(value.name)
        if node is None or value.name not in outputs:
            continue
        value.CopyFrom(helper.make_tensor_value_info(value.name, TensorProto.FLOAT, [None, None]))
        source, node.op_type, node.domain = node.input[0], "Identity", ""
        del node.attribute[:]
        node.input[0] = source


def without_sequences(graph):
    """A sequence of tensors, which no tensor protocol carries, becomes an output for each."""
    makers = {node.output[0]: node for node in graph.node if node.op_type == "SequenceConstruct"}
    for value in list(graph.output):
        maker = makers.get(value.name)
        if maker is None:
            continue
        kept = [other for other in graph.output if other.name != value.name]
        parts = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, None]) for name in maker.input]
        replace(graph.output, [*kept, *parts])


def keep_outputs(graph, names):
    by_name = {value.name: value for value in graph.output}
    replace(graph.output, [by_name[name] for name in names])
    without_dead_nodes(graph)


def without_dead_nodes(graph):
    """Drops what no output needs, and then the inputs and weights that nothing reads."""
    needed = {value.name for value in graph.output}
    kept = []
    for node in reversed(graph.node):
        if any(output in needed for output in node.output):
            kept.append(node)
            needed.update(names_read(node))
    replace(graph.node, list(reversed(kept)))
    replace(graph.initializer, [tensor for tensor in graph.initializer if tensor.name in needed])
    replace(graph.input, [value for value in graph.input if value.name in needed])


def names_read(node):
    yield from node.input
    for attribute in node.attribute:
        for graph in [attribute.g, *attribute.graphs] if attribute.type in (5, 10) else []:
            yield from (value.name for value in graph.output)
            for inner in graph.node:
                yield from names_read(inner)


def rename_values(graph, names):
    """Gives values other names, everywhere that they stand; a value that has such a name already steps aside."""
    taken = {value for node in graph.node for value in [*node.input, *node.output]}
    aside = {new: f"{new}_inner" for old, new in names.items() if new in taken and new not in names and old != new}
    rename_in(graph, {**aside, **names})


def rename_in(graph, names):
    for value in [*graph.input, *graph.output, *graph.value_info, *graph.initializer]:
        value.name = names.get(value.name, value.name)
    for node in graph.node:
        replace(node.input, [names.get(value, value) for value in node.input])
        replace(node.output, [names.get(value, value) for value in node.output])
        for attribute in node.attribute:
            for inner in [attribute.g, *attribute.graphs] if attribute.type in (5, 10) else []:
                rename_in(inner, names)


def name_constants(graph):
    """Of equal constants that tf2onnx makes, it keeps now one and now the other: their generated names say nothing."""
    generated = {tensor.name for tensor in graph.initializer if re.search(r"__\d+$", tensor.name)}
    used = dict.fromkeys(name for node in graph.node for name in names_read(node) if name in generated)
    if not used:
        return
    rename_in(graph, {name: f"constant_{place}" for place, name in enumerate(used)})
    replace(graph.initializer, sorted(graph.initializer, key=lambda tensor: tensor.name))


def order_categories(graph):
    """A hash table of TensorFlow becomes two lists in the order in which it happens to lie in memory; here they go by number."""
    for node in graph.node:
        lists = {attribute.name: attribute for attribute in node.attribute}
        if node.op_type != "CategoryMapper" or not {"cats_int64s", "cats_strings"} <= lists.keys():
            continue
        numbers, texts = lists["cats_int64s"].ints, lists["cats_strings"].strings
        pairs = sorted(zip(numbers, texts))
        numbers[:] = [number for number, _ in pairs]
        texts[:] = [text for _, text in pairs]


def strip_origins(message):
    """Exporters write paths, source lines and times of the machine that exported into every node."""
    for field, value in list(message.ListFields()):
        if field.name in ("doc_string", "metadata_props"):
            message.ClearField(field.name)
        elif field.message_type is not None:
            for part in value if hasattr(value, "__len__") else [value]:
                if hasattr(part, "ListFields"):
                    strip_origins(part)


def name_dimensions(graph, answers, symbols):
    """Opens and names the batch dimension, gives other open ones stable names, and declares outputs as they come out."""
    names = {}
    for value in graph.input:
        for axis, dim in enumerate(dims_of(value)):
            if dim.HasField("dim_value"):
                continue
            known = symbols.get(value.name, {}).get(axis) or ("batch" if axis == 0 else None)
            name = known or readable(dim.dim_param, value.name, axis)
            # One symbol is one size, whatever it is called here or there; unnamed ones are different ones.
            dim.dim_param = names.setdefault(dim.dim_param, name) if dim.dim_param else name
    is_open = any(dims[0].dim_param for dims in map(dims_of, graph.input) if len(dims) > 0)
    for value in graph.output:
        declare_output(value, [answer[value.name] for answer in answers if value.name in answer], names, is_open)
    # Declared shapes inside the graph use the old names, and shape inference makes them again.
    del graph.value_info[:]


def declare_output(value, answers, names, is_open):
    declared = value.type.tensor_type.shape
    old = [dim.dim_param for dim in declared.dim]
    if not answers:
        for dim in declared.dim:
            if dim.HasField("dim_param"):
                dim.dim_param = names.get(dim.dim_param, dim.dim_param)
        return
    del declared.dim[:]
    for axis, size in enumerate(answers[0].shape):
        dim = declared.dim.add()
        symbol = old[axis] if axis < len(old) else ""
        if axis == 0 and is_open and not is_fixed(answers):
            dim.dim_param = "batch"
        elif symbol in names:
            dim.dim_param = names[symbol]
        elif all(answer.shape[axis] == size for answer in answers):
            dim.dim_value = size
        else:
            # Of a size that follows from others', such as twice as many.
            dim.dim_param = f"{value.name}_{axis}"


def is_fixed(answers):
    """As many rows come out, however many go in; cases of one row each do not tell."""
    size = len(answers[0])
    return len(answers) > 1 and size > 1 and all(len(answer) == size for answer in answers)


def readable(symbol, value, axis):
    """Names such as `unk__6` or `s77` say nothing, and change from export to export."""
    is_generated = not symbol or symbol.startswith("unk__") or symbol.lstrip("su").isdigit() or not symbol.isidentifier()
    return f"{value}_{axis}" if is_generated else symbol


def settle_opsets(model):
    """Some exporters list them in the order of a set, some leave out the default domain."""
    opsets = {opset.domain: opset.version for opset in model.opset_import}
    opsets.setdefault("", 17)
    replace(model.opset_import, [helper.make_opsetid(domain, opsets[domain]) for domain in sorted(opsets)])


def write(model, path):
    if model.ByteSize() < LARGEST_INLINE_BYTES:
        with open(path, "wb") as file:
            file.write(model.SerializeToString(deterministic=True))
        return
    onnx.save(model, path, save_as_external_data=True, location="model.onnx.data", size_threshold=1024)


def dims_of(value):
    return value.type.tensor_type.shape.dim if value.type.HasField("tensor_type") else []


def replace(field, values):
    # What is in the field may be what is put there: a copy, before it is cleared.
    copies = [value if isinstance(value, str) else clone(value) for value in values]
    del field[:]
    field.extend(copies)


def clone(message):
    copy = type(message)()
    copy.CopyFrom(message)
    return copy
