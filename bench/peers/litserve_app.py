"""LitServe as its documentation shows, one worker. MODEL, PORT and REQUESTS (most that share a run) in the environment."""

import os

import litserve
import numpy as np
import onnxruntime as ort


class Api(litserve.LitAPI):
    def setup(self, device):
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(os.environ["MODEL"], options)
        self.input, self.output = self.session.get_inputs()[0].name, self.session.get_outputs()[0].name

    def decode_request(self, request):
        tensor = request["inputs"][0]
        return np.array(tensor["data"], dtype=np.float32).reshape(tensor["shape"])

    def batch(self, inputs):
        return inputs

    def predict(self, fed):
        if not isinstance(fed, list):
            return self.session.run(None, {self.input: fed})[0]
        found = self.session.run(None, {self.input: np.concatenate(fed)})[0]
        return np.split(found, np.cumsum([len(rows) for rows in fed])[:-1])

    def unbatch(self, found):
        return found

    def encode_response(self, found):
        output = {"name": self.output, "datatype": "FP32", "shape": list(found.shape), "data": found.ravel().tolist()}
        return {"model_name": "model", "outputs": [output]}


if __name__ == "__main__":
    requests = int(os.environ["REQUESTS"])
    api = Api(api_path="/v2/models/model/infer", max_batch_size=requests, batch_timeout=0.005 if requests > 1 else 0)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1, healthcheck_path="/v2/health/ready")
    server.run(port=int(os.environ["PORT"]), host="127.0.0.1", log_level="error", generate_client_file=False)
