"""Records what operators exist into src/validate/operators/schemas.json.gz.

Run with the Python packages onnx 1.23.2 and onnxruntime 1.30.0 installed:

    python scripts/record-operator-schemas.py

The standard domains come from the specification (onnx.defs, every version of every operator); the runtime's own domains,
and what it adds to the standard ones, come from the runtime's registry. Where only one of the two knows a schema, the
record says which.
"""

import gzip
import json
import pathlib
import re

import onnx
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

TARGET = pathlib.Path(__file__).parent.parent / "src/validate/operators/schemas.json.gz"
UNBOUNDED = 2**31 - 1
STANDARD_DOMAINS = ("", "ai.onnx.ml", "ai.onnx.preview", "ai.onnx.preview.training")
OPTION = {"Single": "", "Optional": "?", "Variadic": "*"}


def main():
    specified = {key(s): s for s in onnx.defs.get_all_schemas_with_history()}
    registered = {key(s): s for s in runtime.get_all_operator_schema()}
    types = TypeTable()
    operators = {}
    for identity in sorted(specified.keys() | registered.keys()):
        domain, name, _ = identity
        schema = specified.get(identity) or registered[identity]
        entry = record(schema, types)
        # Where the two differ, the runtime's word decides whether a model loads.
        if identity in registered and not registered[identity].deprecated:
            entry.pop("deprecated", None)
        if identity not in registered:
            entry["onlyIn"] = "onnx"
        elif identity not in specified and domain in STANDARD_DOMAINS:
            entry["onlyIn"] = "onnxruntime"
        if identity not in specified and takes_any_attribute(schema):
            entry["anyAttribute"] = True
        operators.setdefault(domain, {}).setdefault(name, []).append(entry)
    write(
        {
            "recordedFrom": {"onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__},
            "newestIrVersion": int(onnx.IR_VERSION),
            "newestOpsets": newest(specified),
            "runtimeIrVersion": asked(r"max supported IR version: (\d+)", ir_version=10**6),
            "runtimeOpsets": {
                domain: asked(r"till opset (\d+)", domain=domain, opset=10**6) for domain in newest(registered)
            },
            "typeSets": types.sets,
        },
        operators,
    )


def key(schema):
    return schema.domain, schema.name, schema.since_version


def newest(schemas):
    versions = {}
    for domain, _, since in schemas:
        versions[domain] = max(versions.get(domain, 0), since)
    return dict(sorted(versions.items()))


def asked(answer, ir_version=8, domain="", opset=1):
    """Offers the runtime a version that nobody has and reads from its refusal which is the newest that it takes."""
    model = onnx.ModelProto(ir_version=ir_version)
    model.graph.SetInParent()
    model.opset_import.add(domain=domain, version=opset)
    try:
        onnxruntime.InferenceSession(model.SerializeToString())
    except Exception as refusal:
        return int(re.search(answer, str(refusal)).group(1))
    raise SystemExit(f"the runtime takes any version of domain {domain!r}")


def takes_any_attribute(schema):
    """Whether the runtime lets a node pass that has an attribute which its operator does not know."""
    node = onnx.helper.make_node(
        schema.name,
        ["x"] * schema.min_input,
        [f"y{i}" for i in range(max(schema.min_output, 1))],
        domain=schema.domain,
        no_such_attribute=1,
    )
    value = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, None)
    graph = onnx.helper.make_graph([node], "g", [value], [value])
    opset = onnx.helper.make_opsetid(schema.domain, schema.since_version)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8)
    try:
        onnxruntime.InferenceSession(model.SerializeToString())
    except Exception as refusal:
        return "Unrecognized attribute" not in str(refusal)
    return True


def record(schema, types):
    """One version of one operator. Parameters read `name:type`, with `?` for optional and `*` for variadic."""
    entry = {
        "since": schema.since_version,
        "inputs": [parameter(p) for p in schema.inputs],
        "outputs": [parameter(p) for p in schema.outputs],
        "inputCount": span(schema.min_input, schema.max_input),
        "outputCount": span(schema.min_output, schema.max_output),
    }
    attributes = {a.name: attribute(a) for a in sorted(schema.attributes.values(), key=lambda a: a.name)}
    if attributes:
        entry["attributes"] = attributes
    constraints = {t.type_param_str: types.index(t.allowed_type_strs) for t in schema.type_constraints}
    if constraints:
        entry["types"] = constraints
    if schema.deprecated:
        entry["deprecated"] = True
    if getattr(schema, "has_function", False) or getattr(schema, "has_context_dependent_function", False):
        entry["function"] = True
    if "NonDeterministic" in str(getattr(schema, "node_determinism", "")):
        entry["random"] = True
    return entry


def parameter(formal):
    option = str(formal.option).rsplit(".", 1)[-1].split(":")[0]
    type_name = getattr(formal, "type_str", None) or formal.typeStr
    homogeneous = getattr(formal, "is_homogeneous", None)
    if homogeneous is None:
        homogeneous = formal.isHomogeneous
    return f"{formal.name}:{type_name}{OPTION[option]}{'' if homogeneous else '~'}"


def attribute(formal):
    """The kind, lower case, with `!` where the attribute is required."""
    kind = str(formal.type).rsplit(".", 1)[-1].split(":")[0].lower().replace("_", "-")
    return {"type-proto": "type", "type-protos": "types", "???": "type"}.get(kind, kind) + ("!" if formal.required else "")


def span(least, most):
    return [least, None if most >= UNBOUNDED else most]


class TypeTable:
    """The sets of allowed types repeat a great deal, so each is written once."""

    def __init__(self):
        self.sets = []
        self.places = {}

    def index(self, allowed):
        text = tuple(sorted(allowed))
        if text not in self.places:
            self.places[text] = len(self.sets)
            self.sets.append(list(text))
        return self.places[text]


def write(head, operators):
    text = json.dumps({**head, "operators": operators}, separators=(",", ":"))
    TARGET.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


main()
