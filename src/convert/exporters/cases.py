"""The original's answers, as cases: some are kept with the model, all are held against the export."""

import json
from pathlib import Path

import numpy
from samples import batches_of

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

TOLERANCE = {"absolute": 1e-5, "relative": 1e-4}
# Half of the digits are gone before anything is computed.
HALF_TOLERANCE = {"absolute": 1e-3, "relative": 1e-2}

# Rows that are held together against the export.
HELD_ROWS = 256


def cases_of(inputs, answer):
    """(name, inputs, outputs) of the cases to keep, for an original that answers row by row."""
    clear = clear_rows(answer(inputs))
    kept = {name: values[clear] for name, values in inputs.items()} if 0 < clear.sum() < len(clear) else inputs
    return [(name, part, answer(part)) for name, part in batches_of(kept)]


def clear_rows(answers):
    """Rows of which no two labels are as good as each other, by the scores beside them: a tie may be broken either way."""
    clear = numpy.ones(len(next(iter(answers.values()))), dtype=bool)
    if "label" not in answers:
        return clear
    for scores in (values for name, values in answers.items() if name.startswith(("probabilities", "scores"))):
        first, second = best_two(scores)
        close = first - second <= 4 * (TOLERANCE["absolute"] + TOLERANCE["relative"] * numpy.abs(first))
        clear &= ~close.reshape(len(clear), -1).any(axis=1)
    return clear


def best_two(scores):
    """The two largest along the last axis; one score alone is held against zero."""
    if scores.shape[-1] == 1:
        return numpy.abs(scores[..., 0]), numpy.zeros_like(scores[..., 0])
    ordered = numpy.sort(scores, axis=-1)
    return ordered[..., -1], ordered[..., -2]


def write_answers(folder, cases, inputs=None, answer=None, is_half=False):
    """Writes `cases` to keep, and the answers to all rows of `inputs`, which are held against the export and not kept.

    `is_half` where the original computes in half precision, whatever its answers come as.
    """
    write_cases(f"{folder}/cases", cases, is_half)
    if inputs is None:
        return
    count = len(next(iter(inputs.values())))
    starts = range(0, count, HELD_ROWS)
    parts = ({name: values[start : start + HELD_ROWS] for name, values in inputs.items()} for start in starts)
    write_cases(f"{folder}/held", ((f"rows-{place:04}", part, answer(part)) for place, part in enumerate(parts)), is_half)


def write_cases(folder, cases, is_half=False):
    """`cases` are (name, inputs, outputs), with arrays by name."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, inputs, outputs in cases:
        case = {
            "schema": "plimsoll.case/1",
            "name": name,
            "inputs": [tensor(*item) for item in inputs.items()],
            "outputs": [tensor(*item) for item in outputs.items()],
            "tolerance": {output: tolerance_of(values, is_half) for output, values in outputs.items() if numpy.asarray(values).dtype.kind == "f"},
        }
        text = json.dumps(case, ensure_ascii=False, indent=2, allow_nan=False)
        (Path(folder) / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def tolerance_of(values, is_half):
    return HALF_TOLERANCE if is_half or numpy.asarray(values).dtype == "float16" else TOLERANCE


def tensor(name, values):
    values = numpy.asarray(values)
    is_text = values.dtype.kind in "OUS"
    data = [text_of(value) for value in values.ravel()] if is_text else exact(values)
    return {"name": name, "datatype": "BYTES" if is_text else DATATYPES[values.dtype.name], "shape": list(values.shape), "data": data}


def text_of(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def exact(values):
    """Large integers as digits, which JSON's readers keep; 32-bit floats by their shortest form; no-numbers by their names."""
    if values.dtype.kind in "iu":
        return [int(value) if abs(int(value)) <= 2**53 else str(int(value)) for value in values.ravel()]
    if values.dtype.kind == "f":
        return [readable(value) for value in values.ravel()]
    return values.ravel().tolist()


def readable(value):
    """JSON has no words for what is no finite number; the server reads these in quotes."""
    if numpy.isnan(value):
        return "NaN"
    if numpy.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(str(value)) if value.dtype.name == "float32" else float(value)


def cost_of_float32(answer, wide):
    """How far the original's own answers move when its 64-bit inputs are rounded to the 32 bits that the export takes.

    Nothing where `wide` has no floats that rounding changes.
    """
    narrow = {name: values.astype("float32") if values.dtype.kind == "f" else values for name, values in wide.items()}
    if all(numpy.array_equal(values, wide[name], equal_nan=values.dtype.kind == "f") for name, values in narrow.items()):
        return None
    before, after = answer(wide), answer(narrow)
    moved, flips = 0.0, 0
    for name, values in before.items():
        values, other = numpy.asarray(values), numpy.asarray(after[name])
        if values.dtype.kind == "f":
            moved = max(moved, float(numpy.max(numpy.nan_to_num(numpy.abs(values - other)), initial=0.0)))
        else:
            flips += int(numpy.sum(values != other))
    return {"largest": moved, "flips": flips}
