"""Rows to hold the original and the export against each other, and the cases that are made of them."""

import csv
import json
from pathlib import Path

import numpy
from conversation import Refusal

DATATYPES = {
    "bool": "BOOL",
    "uint8": "UINT8",
    "int8": "INT8",
    "int16": "INT16",
    "uint16": "UINT16",
    "int32": "INT32",
    "uint32": "UINT32",
    "int64": "INT64",
    "uint64": "UINT64",
    "float16": "FP16",
    "float32": "FP32",
    "float64": "FP64",
}

# Single rows first, because they are what most clients send; then together, because a batch must not change an answer.
SINGLE_ROWS = 8
BATCHES = (7, 16)


def read_samples(path):
    """Columns by name, each an array: CSV and Parquet with a header, JSON as a list of objects, NPZ as it is."""
    kind = Path(path).suffix.lower()
    if kind == ".npz":
        with numpy.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    if kind == ".json":
        rows = json.loads(Path(path).read_text(encoding="utf-8"))
        return columns_of(rows, list(rows[0]))
    if kind == ".parquet":
        import pandas

        frame = pandas.read_parquet(path)
        return {str(name): frame[name].to_numpy() for name in frame.columns}
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return columns_of(rows, list(rows[0]))


def columns_of(rows, names):
    return {name: best_array([row[name] for row in rows]) for name in names}


def best_array(values):
    try:
        return numpy.array([float(value) for value in values])
    except (TypeError, ValueError):
        return numpy.array(values, dtype=object)


def matrix_of(given, fields, width):
    """The user's rows for a model of one matrix: `features` as it is, or the columns in the order of `fields`, where they have names."""
    if "features" in given:
        return given["features"]
    chosen = [name for name in fields or given if name in given]
    if len(chosen) != width:
        raise Refusal(
            "convert/samples",
            f"the samples have {len(given)} columns of which {len(chosen)} are the model's, which takes {width}",
            "Give the samples the columns that the model was trained on" + (f": {', '.join(fields[:20])}." if fields else "."),
        )
    return numpy.stack([given[name] for name in chosen], axis=1).astype("float64")


def batches_of(inputs):
    """The rows of `inputs` as the cases have them: some alone, some together. All inputs have the same number of rows."""
    count = len(next(iter(inputs.values())))
    for row in range(min(SINGLE_ROWS, count)):
        yield f"row-{row + 1:02}", {name: values[row : row + 1] for name, values in inputs.items()}
    for size in BATCHES:
        if size <= count:
            yield f"together-{size:02}", {name: values[count - size :] for name, values in inputs.items()}


def write_cases(folder, cases):
    """`cases` are (name, inputs, outputs), with arrays by name."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, inputs, outputs in cases:
        case = {
            "schema": "plimsoll.case/1",
            "name": name,
            "inputs": [tensor(*item) for item in inputs.items()],
            "outputs": [tensor(*item) for item in outputs.items()],
            "tolerance": {
                output: {"absolute": 1e-5, "relative": 1e-4}
                for output, values in outputs.items()
                if numpy.asarray(values).dtype.kind == "f"
            },
        }
        text = json.dumps(case, ensure_ascii=False, indent=2, allow_nan=False)
        (Path(folder) / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def tensor(name, values):
    values = numpy.asarray(values)
    is_text = values.dtype.kind in "OUS"
    data = [str(value) for value in values.ravel()] if is_text else exact(values)
    return {"name": name, "datatype": "BYTES" if is_text else DATATYPES[values.dtype.name], "shape": list(values.shape), "data": data}


def exact(values):
    """Large integers as digits, which JSON's readers keep; 32-bit floats by their shortest form."""
    if values.dtype.kind in "iu":
        return [int(value) if abs(int(value)) <= 2**53 else str(int(value)) for value in values.ravel()]
    if values.dtype.name == "float32":
        return [float(str(value)) for value in values.ravel()]
    return values.ravel().tolist()


def cost_of_float32(answer, inputs):
    """How far the original's own answers move when its 64-bit inputs are rounded to the 32 bits that the export takes."""
    wide = answer({name: values.astype("float64") if values.dtype.kind == "f" else values for name, values in inputs.items()})
    narrow = answer({name: values.astype("float32") if values.dtype.kind == "f" else values for name, values in inputs.items()})
    moved = 0.0
    flips = 0
    for name, values in wide.items():
        other = numpy.asarray(narrow[name])
        values = numpy.asarray(values)
        if values.dtype.kind == "f":
            moved = max(moved, float(numpy.max(numpy.abs(values - other), initial=0.0)))
        else:
            flips += int(numpy.sum(values != other))
    return {"largest": moved, "flips": flips}
