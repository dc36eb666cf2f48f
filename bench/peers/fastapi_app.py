"""FastAPI as a user would write it: one worker, a synchronous handler, the protocol's body as a pydantic model. MODEL in the environment."""

import os

import numpy as np
import onnxruntime as ort
from fastapi import FastAPI
from pydantic import BaseModel

options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(os.environ["MODEL"], options)
OUTPUT = session.get_outputs()[0].name


class Tensor(BaseModel):
    name: str
    datatype: str
    shape: list[int]
    data: list[float]


class Request(BaseModel):
    id: str | None = None
    inputs: list[Tensor]


app = FastAPI()


@app.get("/v2/health/ready")
def ready():
    return {}


@app.post("/v2/models/model/infer")
def infer(request: Request):
    tensor = request.inputs[0]
    fed = np.array(tensor.data, dtype=np.float32).reshape(tensor.shape)
    (found,) = session.run(None, {tensor.name: fed})
    return {
        "model_name": "model",
        "model_version": "1",
        "id": request.id,
        "outputs": [{"name": OUTPUT, "datatype": "FP32", "shape": list(found.shape), "data": found.ravel().tolist()}],
    }
