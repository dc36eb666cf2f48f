"""Holds models that our writer wrote against their originals, with the `onnx` package.

    npx tsx scripts/rewrite-models.ts FOLDER REWRITTEN
    python scripts/check-rewritten-models.py FOLDER REWRITTEN

The form `same` has to be equal to the original; `edited` and `anew` to be equal but for what says nothing: fields that are
present with their default value, types that name no kind, the longer name of the default domain, and, in `anew` alone, the type of attributes of
models that declare none and denotations, which our values of types have no place for.
"""

import json
import pathlib
import sys

import onnx
from google.protobuf.descriptor import FieldDescriptor

ATTRIBUTE_FIELDS = {"f": 1, "i": 2, "s": 3, "t": 4, "g": 5, "floats": 6, "ints": 7, "strings": 8, "tensors": 9,
                    "graphs": 10, "sparse_tensor": 11, "sparse_tensors": 12, "tp": 13, "type_protos": 14}


def normalise(message, drop_denotations):
    name = message.DESCRIPTOR.name
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            for item in value if field.is_repeated else [value]:
                normalise(item, drop_denotations)
        elif drop_denotations and field.name == "denotation":
            message.ClearField(field.name)
        elif field.name == "domain" and value == "ai.onnx":
            message.ClearField(field.name)
        elif not field.is_repeated and field.containing_oneof is None and value == field.default_value:
            if not (name == "AttributeProto" and field.name in ATTRIBUTE_FIELDS) and field.name != "raw_data":
                message.ClearField(field.name)
    if name == "ValueInfoProto" and message.HasField("type") and message.type.WhichOneof("value") is None:
        message.ClearField("type")
    if name == "AttributeProto" and message.type == 0:
        filled = [field.name for field, _ in message.ListFields() if field.name in ATTRIBUTE_FIELDS]
        if len(filled) == 1:
            message.type = ATTRIBUTE_FIELDS[filled[0]]


def parsed(path, form):
    model = onnx.ModelProto.FromString(path.read_bytes())
    if form != "same":
        normalise(model, form == "anew")
    return model


def main():
    source, rewritten = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    names = json.loads((rewritten / "names.json").read_text())
    unequal = 0
    for number, name in enumerate(names):
        for form in ("same", "edited", "anew"):
            if parsed(source / name, form) != parsed(rewritten / f"{number}.{form}.onnx", form):
                unequal += 1
                print(f"{form} differs: {name} ({number})")
    print(f"{len(names)} models written three ways, {unequal} differ")
    sys.exit(1 if unequal else 0)


main()
