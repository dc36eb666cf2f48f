"""Triton by pytriton, dynamic batcher without a delay. MODEL, PORT (HTTP; gRPC on the next one) and ROWS in the environment."""

import os

import numpy as np
import onnxruntime as ort
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(os.environ["MODEL"], options)
given, found = session.get_inputs()[0], session.get_outputs()[0]
port = int(os.environ["PORT"])


@batch
def infer(**inputs):
    return session.run(None, inputs)


with Triton(config=TritonConfig(http_port=port, grpc_port=port + 1, metrics_port=port + 1000, allow_metrics=False)) as triton:
    triton.bind(
        model_name="model",
        infer_func=infer,
        inputs=[Tensor(name=given.name, dtype=np.float32, shape=given.shape[1:])],
        outputs=[Tensor(name=found.name, dtype=np.float32, shape=found.shape[1:])],
        config=ModelConfig(max_batch_size=int(os.environ["ROWS"]), batcher=DynamicBatcher(max_queue_delay_microseconds=0)),
    )
    triton.serve()
