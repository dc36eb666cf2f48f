"""LitServe as its documentation shows, one worker. MODEL and PORT in the environment."""

import os

import litserve
import numpy as np
import onnxruntime as ort


class Api(litserve.LitAPI):
    def setup(self, device):
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(os.environ["MODEL"], options)
        self.output = self.session.get_outputs()[0].name

    def decode_request(self, request):
        tensor = request["inputs"][0]
        return tensor["name"], np.array(tensor["data"], dtype=np.float32).reshape(tensor["shape"])

    def predict(self, fed):
        name, values = fed
        return self.session.run(None, {name: values})[0]

    def encode_response(self, found):
        output = {"name": self.output, "datatype": "FP32", "shape": list(found.shape), "data": found.ravel().tolist()}
        return {"model_name": "model", "outputs": [output]}


if __name__ == "__main__":
    api = Api(api_path="/v2/models/model/infer")
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1, healthcheck_path="/v2/health/ready")
    server.run(port=int(os.environ["PORT"]), host="127.0.0.1", log_level="error", generate_client_file=False)
