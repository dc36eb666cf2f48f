"""Four clients that send 5,000 rows each at once, from arrays to arrays: as JSON and as binary tensors, in turns. Usage: bulk_client.py PORT
tritonclient|plain. Prints the median seconds of each as JSON. plain is what people write by hand: http.client, the json module and numpy."""

import json
import multiprocessing
import statistics
import sys
import time
from http.client import HTTPConnection

import numpy as np

CLIENTS, ROWS, COLUMNS, WARM, TIMES = 4, 5000, 13, 3, 9
PATH = "/v2/models/model/infer"


def triton(port):
    import tritonclient.http as http

    client = http.InferenceServerClient(f"127.0.0.1:{port}")
    output = client.get_model_metadata("model")["outputs"][0]["name"]

    def ask(rows, binary):
        given = http.InferInput("x", rows.shape, "FP32")
        given.set_data_from_numpy(rows, binary_data=binary)
        wanted = http.InferRequestedOutput(output, binary_data=binary)
        return client.infer("model", [given], outputs=[wanted]).as_numpy(output)

    return ask


def plain(port):
    connection = HTTPConnection("127.0.0.1", port)

    def ask(rows, binary):
        given = {"name": "x", "datatype": "FP32", "shape": rows.shape}
        if binary:
            data = rows.tobytes()
            given["parameters"] = {"binary_data_size": len(data)}
            head = json.dumps({"inputs": [given], "parameters": {"binary_data_output": True}}).encode()
            headers = {"content-type": "application/octet-stream", "inference-header-content-length": str(len(head))}
            connection.request("POST", PATH, head + data, headers)
        else:
            body = json.dumps({"inputs": [{**given, "data": rows.ravel().tolist()}]})
            connection.request("POST", PATH, body, {"content-type": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        if binary:
            return np.frombuffer(body, np.float32, offset=int(answer.headers["inference-header-content-length"]))
        return np.array(json.loads(body)["outputs"][0]["data"], np.float32)

    return ask


def client(make, port, begin, end, ways):
    ask = make(port)
    rows = np.round(np.sin(np.arange(ROWS * COLUMNS)), 4).astype(np.float32).reshape(ROWS, COLUMNS)
    for binary in ways:
        begin.wait()
        assert len(ask(rows, binary)) == ROWS
        end.wait()


def main():
    port, make = int(sys.argv[1]), {"tritonclient": triton, "plain": plain}[sys.argv[2]]
    ways = [False, True] * (WARM + TIMES)
    begin, end = multiprocessing.Barrier(CLIENTS + 1), multiprocessing.Barrier(CLIENTS + 1)
    clients = [
        multiprocessing.Process(target=client, args=(make, port, begin, end, ways), daemon=True) for _ in range(CLIENTS)
    ]
    for process in clients:
        process.start()
    seconds = {False: [], True: []}
    for binary in ways:
        begin.wait()
        begun = time.perf_counter()
        end.wait(60)
        seconds[binary].append(time.perf_counter() - begun)
    medians = {way: statistics.median(found[WARM:]) for way, found in seconds.items()}
    print(json.dumps({"json": medians[False], "binary": medians[True]}))


if __name__ == "__main__":
    main()
