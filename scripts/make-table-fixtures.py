"""Writes the tables that the readers of tables are tested with: one and the same content as NumPy and pyarrow write it.

Run with numpy and pyarrow: python scripts/make-table-fixtures.py
"""

from pathlib import Path

import numpy
import pyarrow
import pyarrow.parquet

FOLDER = Path(__file__).parent.parent / "test" / "verify" / "tables" / "fixtures"
ROWS = 5

numbers = numpy.arange(ROWS) * 1.5 - 1
wide = numpy.array([-(2**63), -1, 0, 2**53 + 1, 2**63 - 1])
flags = numpy.array([True, False, True, True, False])
texts = numpy.array(["a", "déjà", "日本", "", "e,\"f\""])
matrix = numpy.arange(ROWS * 6).reshape(ROWS, 2, 3)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    arrays = {
        "numbers": numbers,
        "halves": numbers.astype("float16"),
        "bigendian": numbers.astype(">f4"),
        "wide": wide,
        "flags": flags,
        "texts": texts,
        "bytes": numpy.array([text.encode() for text in texts]),
        "matrix": numpy.asfortranarray(matrix.astype("int32")),
    }
    numpy.savez(FOLDER / "plain.npz", **arrays)
    numpy.savez_compressed(FOLDER / "compressed.npz", **arrays)
    table = pyarrow.table(
        {
            "numbers": numbers,
            "wide": wide,
            "flags": flags,
            "texts": pyarrow.array([text or None for text in texts]),
            "lists": pyarrow.array([[float(row), float(row) + 0.5] for row in range(ROWS)]),
        }
    )
    for compression in ["none", "snappy", "gzip", "zstd"]:
        pyarrow.parquet.write_table(table, FOLDER / f"{compression}.parquet", compression=compression, row_group_size=3)


if __name__ == "__main__":
    main()
