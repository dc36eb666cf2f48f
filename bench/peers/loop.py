"""What the Python wheel gives without a server: runs of a model one after another, for each number of rows, on one thread.

Prints rows a second and microseconds of processor time a row, by the rows of a run, as JSON. Usage: MODEL SECONDS ROWS...
"""

import json
import sys
import time

import numpy as np
import onnxruntime as ort

TURN_SECONDS = 0.02
"""At least so long for one number of rows before the next has its turn."""

model, seconds, *sizes = sys.argv[1:]
options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(model, options)
given = session.get_inputs()[0]


class Load:
    """Runs of so many rows, and what they have taken."""

    def __init__(self, rows):
        shape = [rows, *given.shape[1:]]
        self.feeds = {given.name: np.round(np.sin(np.arange(np.prod(shape))), 4).astype(np.float32).reshape(shape)}
        self.rows, self.runs, self.seconds, self.cpu_seconds = rows, 0, 0.0, 0.0
        session.run(None, self.feeds)

    def turn(self):
        """Short runs come several at a time, so that the clock is no part of them."""
        begun, cpu_begun = time.perf_counter(), time.process_time()
        while True:
            session.run(None, self.feeds)
            self.runs += 1
            if time.perf_counter() >= begun + TURN_SECONDS:
                break
        self.seconds += time.perf_counter() - begun
        self.cpu_seconds += time.process_time() - cpu_begun


# By turns: a machine that is slower for a while is so for every number of rows.
loads = [Load(rows) for rows in map(int, sizes)]
end = time.perf_counter() + float(seconds)
while time.perf_counter() < end:
    for load in loads:
        load.turn()
print(
    json.dumps(
        {
            load.rows: {
                "perSecond": load.rows * load.runs / load.seconds,
                "cpuMicroseconds": 1e6 * load.cpu_seconds / (load.rows * load.runs),
            }
            for load in loads
        }
    )
)
