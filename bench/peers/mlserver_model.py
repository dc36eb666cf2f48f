"""MLServer with a model of its own over onnxruntime, as its documentation shows. MODEL in the environment."""

import os

import onnxruntime as ort
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Model(MLModel):
    async def load(self) -> bool:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(os.environ["MODEL"], options)
        self.output = self.session.get_outputs()[0].name
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        tensor = payload.inputs[0]
        fed = NumpyCodec.decode_input(tensor).astype("float32", copy=False)
        (found,) = self.session.run(None, {tensor.name: fed})
        return InferenceResponse(model_name="model", id=payload.id, outputs=[NumpyCodec.encode_output(self.output, found)])
