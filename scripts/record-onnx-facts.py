"""Records what the `onnx` package reads from the models of the public corpus, for test/onnx/corpus.test.ts.

    python scripts/record-onnx-facts.py CORPUS test/onnx/fixtures/onnx-facts.json.gz
    python scripts/record-onnx-facts.py CORPUS --show models/misc/pykeio-ort/upsample/upsample.onnx

Each model becomes a text with one line for each fact; the fixture holds the digest of that text and a few counts. The
second form prints the text, for when a digest differs: test/onnx/facts.ts writes the same lines from our reader.
Needs onnx 1.23 (with numpy and ml_dtypes).
"""

import gzip
import hashlib
import io
import json
import pathlib
import struct
import sys
import tarfile

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, numpy_helper

ELEMENTS_COMPARED = 64 * 1024
TYPED_FIELDS = ["float_data", "int32_data", "string_data", "int64_data", "double_data", "uint64_data"]
ATTRIBUTE_FIELDS = {1: "f", 2: "i", 3: "s", 4: "t", 5: "g", 6: "floats", 7: "ints", 8: "strings", 9: "tensors",
                    10: "graphs", 11: "sparse_tensor", 12: "sparse_tensors", 13: "tp", 14: "type_protos"}


def digest(data):
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode()).hexdigest()[:16]


def text(value):
    return json.dumps(value)


def domain_of(value):
    return "" if value == "ai.onnx" else value


def shape_of(message):
    if not message.HasField("shape"):
        return "?"
    sizes = []
    for dim in message.shape.dim:
        kind = dim.WhichOneof("value")
        if kind == "dim_value":
            sizes.append(str(dim.dim_value))
        else:
            sizes.append(text(dim.dim_param) if kind and dim.dim_param else "?")
    return "[" + ",".join(sizes) + "]"


def type_of(message):
    kind = message.WhichOneof("value")
    if kind is None:
        return "none"
    inner = getattr(message, kind)
    if kind in ("tensor_type", "sparse_tensor_type"):
        return f"{kind}({inner.elem_type}){shape_of(inner)}"
    if kind in ("sequence_type", "optional_type"):
        return f"{kind}({type_of(inner.elem_type) if inner.HasField('elem_type') else 'none'})"
    if kind == "map_type":
        return f"{kind}({inner.key_type},{type_of(inner.value_type) if inner.HasField('value_type') else 'none'})"
    return f"{kind}({text(inner.domain)},{text(inner.name)})"


def values_of(tensor):
    """Digest of the elements as numbers of one width, whatever their type and storage."""
    count = 1
    for size in tensor.dims:
        count *= size
    if tensor.data_location == TensorProto.EXTERNAL or count > ELEMENTS_COMPARED or tensor.HasField("segment"):
        return "-"
    try:
        array = numpy_helper.to_array(tensor)
    except Exception:
        return "error"
    if tensor.data_type == TensorProto.STRING:
        return digest(json.dumps([item if isinstance(item, str) else item.decode() for item in array.flatten().tolist()]))
    flat = array.flatten()
    if tensor.data_type in (TensorProto.COMPLEX64, TensorProto.COMPLEX128):
        flat = np.stack([flat.real, flat.imag], axis=-1).flatten()
    if tensor.data_type == TensorProto.BOOL or flat.dtype.kind in "iu" or "int" in str(flat.dtype):
        return digest(",".join(str(int(item)) for item in flat))
    numbers = flat.astype(np.float64)
    numbers[np.isnan(numbers)] = np.nan
    return digest(numbers.astype("<f8").tobytes())


def data_of(tensor):
    typed = [field for field in TYPED_FIELDS if len(getattr(tensor, field)) > 0]
    if tensor.data_location == TensorProto.EXTERNAL:
        return "external " + ",".join(text(entry.key) + "=" + text(entry.value) for entry in tensor.external_data)
    if tensor.HasField("raw_data"):
        return f"raw {len(tensor.raw_data)} {digest(tensor.raw_data)}"
    if typed:
        return f"{typed[0]} {len(getattr(tensor, typed[0]))}"
    return "none"


class Facts:
    def __init__(self):
        self.lines = []
        self.nodes = 0
        self.tensors = 0

    def say(self, *words):
        self.lines.append(" ".join(str(word) for word in words))

    def metadata(self, entries):
        last = {}
        for entry in entries:
            last[entry.key] = entry.value
        for key, value in last.items():
            self.say("metadata", text(key), text(value))

    def value(self, role, info):
        kind = type_of(info.type) if info.HasField("type") else "none"
        self.say(role, text(info.name), kind, text(info.doc_string))
        self.metadata(info.metadata_props)

    def tensor(self, role, tensor):
        self.tensors += 1
        dims = "[" + ",".join(str(size) for size in tensor.dims) + "]"
        self.say(role, text(tensor.name), tensor.data_type, dims, data_of(tensor), values_of(tensor), text(tensor.doc_string))
        self.metadata(tensor.metadata_props)

    def sparse(self, role, sparse):
        self.say(role, "[" + ",".join(str(size) for size in sparse.dims) + "]")
        self.tensor("values", sparse.values)
        self.tensor("indices", sparse.indices)

    def attribute(self, attribute):
        filled = [name for name in ATTRIBUTE_FIELDS.values()
                  if (len(getattr(attribute, name)) > 0 if name in REPEATED else attribute.HasField(name))]
        field = ATTRIBUTE_FIELDS.get(attribute.type)
        if attribute.type == 0 and len(filled) == 1:
            field = filled[0]
        self.say("attribute", text(attribute.name), attribute.type, ",".join(filled), text(attribute.ref_attr_name), text(attribute.doc_string))
        if field is None or (field in MESSAGES and not attribute.HasField(field)):
            return self.say("no value")
        value = getattr(attribute, field)
        if field == "f":
            self.say("f", struct.pack("<f", value).hex())
        elif field == "i":
            self.say("i", value)
        elif field == "s":
            self.say("s", len(value), digest(value))
        elif field == "floats":
            self.say("floats", len(value), digest(struct.pack(f"<{len(value)}f", *value)))
        elif field == "ints":
            self.say("ints", len(value), digest(",".join(str(item) for item in value)))
        elif field == "strings":
            self.say("strings", len(value), digest(",".join(digest(item) for item in value)))
        elif field == "tp":
            self.say("tp", type_of(value) if value.WhichOneof("value") else "none")
        elif field == "type_protos":
            self.say("type_protos", ",".join(type_of(item) for item in value))
        else:
            write = {"t": self.tensor, "g": self.graph, "sparse_tensor": self.sparse,
                     "tensors": self.tensor, "graphs": self.graph, "sparse_tensors": self.sparse}[field]
            for item in value if field in REPEATED else [value]:
                write(field, item)

    def node(self, node):
        self.nodes += 1
        self.say("node", text(domain_of(node.domain)), text(node.op_type), text(node.overload), text(node.name),
                 text(list(node.input)), text(list(node.output)), text(node.doc_string), len(node.device_configurations))
        self.metadata(node.metadata_props)
        for attribute in node.attribute:
            self.attribute(attribute)

    def graph(self, role, graph):
        self.say(role, text(graph.name), text(graph.doc_string), len(graph.node))
        for info in graph.input:
            self.value("input", info)
        for info in graph.output:
            self.value("output", info)
        for info in graph.value_info:
            self.value("value", info)
        for tensor in graph.initializer:
            self.tensor("initializer", tensor)
        for sparse in graph.sparse_initializer:
            self.sparse("sparse", sparse)
        for annotation in graph.quantization_annotation:
            self.say("annotation", text(annotation.tensor_name))
            self.metadata(annotation.quant_parameter_tensor_names)
        self.metadata(graph.metadata_props)
        for node in graph.node:
            self.node(node)

    def opsets(self, imports):
        for opset in imports:
            self.say("opset", text(domain_of(opset.domain)), opset.version)

    def function(self, function):
        self.say("function", text(domain_of(function.domain)), text(function.name), text(function.overload),
                 text(list(function.input)), text(list(function.output)), text(list(function.attribute)), text(function.doc_string))
        self.opsets(function.opset_import)
        for attribute in function.attribute_proto:
            self.attribute(attribute)
        for info in function.value_info:
            self.value("value", info)
        self.metadata(function.metadata_props)
        for node in function.node:
            self.node(node)

    def model(self, model):
        self.say("model", model.ir_version, text(model.producer_name), text(model.producer_version), text(model.domain),
                 model.model_version, text(model.doc_string), len(model.training_info), len(model.configuration))
        self.opsets(model.opset_import)
        self.metadata(model.metadata_props)
        self.graph("graph", model.graph)
        for function in model.functions:
            self.function(function)


REPEATED = {"floats", "ints", "strings", "tensors", "graphs", "sparse_tensors", "type_protos"}
MESSAGES = {"t", "g", "sparse_tensor", "tp"}
assert AttributeProto.TYPE_PROTOS == 14


def facts_of(data, cases):
    model = onnx.ModelProto.FromString(data)
    facts = Facts()
    facts.model(model)
    for name, case in sorted(cases.items()):
        infos = model.graph.input if "/input_" in name else model.graph.output
        index = int(name.rsplit("_", 1)[1].removesuffix(".pb"))
        if index < len(infos) and infos[index].type.WhichOneof("value") == "tensor_type":
            facts.tensor("case", TensorProto.FromString(case))
    return facts


def models_of(corpus):
    """Name, bytes and test tensors of every model; a name within a bundle is `bundle!path`."""
    for folder in ("models", "ort", "onnx-backend/light"):
        for path in sorted((corpus / folder).rglob("*.onnx")):
            yield str(path.relative_to(corpus)), path.read_bytes(), {}
    for bundle in sorted((corpus / "bundles").glob("*.tar.gz")):
        with tarfile.open(bundle) as archive:
            members = {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}
        cases = {}
        for name in members:
            if name.endswith(".pb"):
                cases.setdefault(name.rsplit("/", 2)[0], {})[name] = members[name]
        for name in sorted(members):
            if name.endswith("model.onnx"):
                yield f"bundles/{bundle.name}!{name}", members[name], cases.get(name.rsplit("/", 1)[0], {})


def record(corpus, target):
    rows = {}
    for name, data, cases in models_of(corpus):
        try:
            facts = facts_of(data, cases)
        except Exception as problem:
            rows[name] = {"error": type(problem).__name__}
            continue
        rows[name] = {"facts": digest("\n".join(facts.lines)), "nodes": facts.nodes, "tensors": facts.tensors, "lines": len(facts.lines)}
    origin = f"made by scripts/record-onnx-facts.py with onnx {onnx.__version__} from the public corpus"
    data = json.dumps({"origin": origin, "models": rows}, indent=0, sort_keys=True).encode()
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, filename="") as archive:
        archive.write(data)
    pathlib.Path(target).write_bytes(buffer.getvalue())
    errors = {name: row["error"] for name, row in rows.items() if "error" in row}
    print(f"{len(rows)} models, {len(buffer.getvalue())} bytes, not readable: {errors}")


def main():
    corpus = pathlib.Path(sys.argv[1])
    if sys.argv[2] != "--show":
        return record(corpus, sys.argv[2])
    for name, data, cases in models_of(corpus):
        if name == sys.argv[3]:
            print("\n".join(facts_of(data, cases).lines))


main()
