"""What the Python wheel gives without a server: runs of a model one after another, for each number of rows, on one thread.

Prints rows a second and microseconds of processor time a row, by the rows of a run, as JSON. Usage: MODEL SECONDS ROWS...
"""

import json
import sys
import time

import numpy as np
import onnxruntime as ort

model, seconds, *sizes = sys.argv[1:]
options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(model, options)
given = session.get_inputs()[0]
rates = {}
for rows in map(int, sizes):
    shape = [rows, *given.shape[1:]]
    feeds = {given.name: np.round(np.sin(np.arange(np.prod(shape))), 4).astype(np.float32).reshape(shape)}
    session.run(None, feeds)
    begun, cpu_begun = time.perf_counter(), time.process_time()
    runs = 0
    while time.perf_counter() < begun + float(seconds):
        session.run(None, feeds)
        runs += 1
    rates[rows] = {
        "perSecond": rows * runs / (time.perf_counter() - begun),
        "cpuMicroseconds": 1e6 * (time.process_time() - cpu_begun) / (rows * runs),
    }
print(json.dumps(rates))
