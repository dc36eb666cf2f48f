"""What the scripts beside this one keep: files of a framework, and what converting each has to come to."""

import json
import sys
from pathlib import Path

OUT = Path(sys.argv[1])
entries = []


def kept(kind, file, samples=None, code=None, **keys):
    """`file` lies in OUT; `code` is that of the failure that is wanted, `keys` stand beside `from` in plimsoll.yaml."""
    if samples is not None:
        keys["samples"] = str(samples)
    entries.append({"kind": kind, "source": str(file), "code": code, "keys": keys})


def write():
    (OUT / "manifest.json").write_text(json.dumps(entries, indent=1))


def write_rows(name, rows, columns):
    """A CSV file of rows, in which what is missing is empty."""
    lines = [",".join(columns)]
    for row in rows:
        lines.append(",".join("" if value is None or value != value else str(value) for value in row))
    (OUT / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return name
