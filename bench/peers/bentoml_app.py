"""BentoML as its documentation shows, with its adaptive batching, without a log of requests. MODEL and ROWS in the environment.

It takes its own form of JSON: nested lists by argument.
"""

import os

import bentoml
import numpy as np
import onnxruntime as ort


@bentoml.service(workers=1, logging={"access": {"enabled": False}}, metrics={"enabled": False})
class Model:
    def __init__(self):
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(os.environ["MODEL"], options)

    @bentoml.api(
        route="/v2/models/model/infer", batchable=True, max_batch_size=int(os.environ["ROWS"]), max_latency_ms=5000
    )
    def infer(self, x: np.ndarray) -> np.ndarray:
        return self.session.run(None, {"x": x.astype(np.float32, copy=False)})[0]
