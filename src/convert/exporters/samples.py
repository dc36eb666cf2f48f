"""Rows to hold the original and the export against each other: the user's own, by column."""

import csv
import json
import math
from pathlib import Path

import numpy
from conversation import Refusal

# Single rows first, because they are what most clients send; then together, because a batch must not change an answer.
SINGLE_ROWS = 8
BATCHES = (7, 16)

# Frameworks and the runtime answer these at leisure; a data set of millions of rows would say no more.
MOST_ROWS = 10_000
MOST_ELEMENTS = 2_000_000

MISSING_WORDS = ("", "nan", "NaN", "null", "None", "NA", "N/A")


def read_samples(path):
    """Columns by name, each an array: CSV and Parquet with a header, JSON as a list of objects, NPZ as it is."""
    try:
        columns = READERS[Path(path).suffix.lower()](path)
    except KeyError:
        raise Refusal("convert/samples", f"samples are read from {', '.join(READERS)}, and {Path(path).name} is none of them", MEND) from None
    except Refusal:
        raise
    except FileNotFoundError:
        raise Refusal("convert/samples", f"{path} does not exist", MEND) from None
    except Exception as error:
        raise Refusal("convert/samples", f"{Path(path).name} cannot be read: {type(error).__name__}: {error}", MEND) from error
    lengths = {len(values) for values in columns.values() if values.ndim > 0}
    if len(lengths) != 1 or 0 in lengths:
        raise Refusal("convert/samples", f"{Path(path).name} holds no rows, or not as many in each column", MEND)
    return thinned(columns, lengths.pop())


MEND = "Give rows as CSV, Parquet or JSON (a list of objects) with the model's columns by name, or as NPZ with its inputs by name."


def from_npz(path):
    with numpy.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def from_json(path):
    rows = json.loads(Path(path).read_text(encoding="utf-8"))
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("wanted a list of objects, one for each row")
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: column([row.get(name) for row in rows]) for name in names}


def column(values):
    """Rows of numbers by themselves become a tensor; anything that may be missing stays as it was written."""
    if all(isinstance(value, list) for value in values):
        return numpy.array(values)
    return numpy.array(values, dtype=object)


def from_parquet(path):
    import pandas

    frame = pandas.read_parquet(path)
    return {str(name): frame[name].to_numpy() for name in frame.columns}


def from_csv(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: numpy.array([row[name] for row in rows], dtype=object) for name in (rows[0] if rows else {}) if name is not None}


READERS = {".csv": from_csv, ".json": from_json, ".npz": from_npz, ".parquet": from_parquet}


def thinned(columns, count):
    """Rows from the whole of a data set that is larger than it has to be."""
    elements = sum(values[:1].size for values in columns.values()) or 1
    most = max(SINGLE_ROWS, min(MOST_ROWS, MOST_ELEMENTS // elements))
    if count <= most:
        return columns
    places = numpy.linspace(0, count - 1, most).astype("int64")
    return {name: values[places] for name, values in columns.items()}


def is_missing(value):
    return value is None or (isinstance(value, (float, numpy.floating)) and math.isnan(value)) or type(value).__name__ == "NAType"


def as_numbers(values, name):
    """A column as 64-bit floats; what is missing is NaN."""
    if values.dtype.kind in "fiub":
        return values.astype("float64")
    return numpy.array([number(value, name) for value in values.ravel()], dtype="float64").reshape(values.shape)


def number(value, name):
    if is_missing(value) or (isinstance(value, str) and value.strip() in MISSING_WORDS):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError):
        raise Refusal(
            "convert/samples",
            f"the samples hold {value!r} in column {name}, where the model takes a number",
            "Give that column numbers, and leave out what is missing.",
        ) from None


def as_texts(values):
    """A column as texts; what is missing is the empty text, since ONNX knows no other way to say so."""
    texts = ["" if is_missing(value) else value if isinstance(value, str) else str(value) for value in values.ravel()]
    return numpy.array(texts, dtype=object).reshape(values.shape)


def matrix_of(given, fields, width):
    """The user's rows for a model of one matrix, as 64-bit floats.

    They are `features` as it is, or the columns in the order of `fields`, where the model knows names.
    """
    if "features" in given:
        return as_numbers(given["features"], "features")
    known = [name for name in fields or [] if name in given]
    # Names that a library made up (f0, Column_0) are nobody's: then the order of the file counts.
    chosen = known if len(known) == width or (fields and not are_made_up(fields)) else list(given)
    if len(chosen) != width:
        raise Refusal(
            "convert/samples",
            f"the samples have {len(given)} columns of which {len(chosen)} are the model's, which takes {width}",
            "Give the samples the columns that the model was trained on" + (f": {', '.join(fields[:20])}." if fields else "."),
        )
    return numpy.stack([as_numbers(given[name], name) for name in chosen], axis=1)


def are_made_up(fields):
    return all(name.lower().lstrip("column_f").isdigit() for name in fields)


def batches_of(inputs):
    """The rows of `inputs` as the cases have them: some alone, some together. All inputs have the same number of rows."""
    count = len(next(iter(inputs.values())))
    for row in range(min(SINGLE_ROWS, count)):
        yield f"row-{row + 1:02}", {name: values[row : row + 1] for name, values in inputs.items()}
    for size in BATCHES:
        if size <= count:
            yield f"together-{size:02}", {name: values[count - size :] for name, values in inputs.items()}
