"""Compares the answers of an exported model with the cases; ends with 1 where one differs."""

import argparse
from pathlib import Path

import numpy as np
import onnxruntime

from case_files import TOLERANCE, read_cases

HERE = Path(__file__).parent


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=HERE / "model.onnx")
    parser.add_argument("--cases", type=Path, default=HERE / "cases")
    arguments = parser.parse_args()
    cases = list(read_cases(arguments.cases))
    if not cases:
        raise SystemExit(f"{arguments.cases} holds no cases")
    largest, faults = compare_all(onnxruntime.InferenceSession(arguments.model), cases)
    print(*faults, sep="\n", end="\n" if faults else "")
    tickets = sum(len(texts) for _, texts, _, _ in cases)
    print(
        f"{tickets} tickets in {len(cases)} cases, {len(faults)} wrong, probabilities differ by {largest:.1e} at most"
    )
    raise SystemExit(1 if faults else 0)


def compare_all(session, cases):
    """Gives the largest difference of a probability and a line for each ticket whose answer is wrong."""
    largest, faults = 0.0, []
    for name, texts, labels, rows in cases:
        found_labels, found_rows = session.run(["label", "probabilities"], {"text": np.array(texts, dtype=object)})
        off = np.abs(found_rows - np.array(rows)).max(axis=1)
        largest = max(largest, off.max())
        for text, wanted, found, difference in zip(texts, labels, found_labels, off, strict=True):
            # Written so that NaN is a fault too.
            if wanted != found or not difference <= TOLERANCE:
                faults.append(f"{name}: wanted {wanted}, found {found}, off by {difference:.1e}: {text[:60]!a}")
    return largest, faults


if __name__ == "__main__":
    main()
