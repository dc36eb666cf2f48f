"""real-clients.py PORTS: what users of the protocol's public clients do, over HTTP and gRPC. PORTS is JSON by model."""

import asyncio
import json
import queue
import sys

import grpc
import httpx
import numpy as np
import tritonclient.grpc as triton_grpc
import tritonclient.grpc.aio as triton_grpc_aio
import tritonclient.http as triton_http
import tritonclient.http.aio as triton_http_aio
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from open_inference.openapi.client import AsyncOpenInferenceClient, InferenceRequest, OpenInferenceClient
from open_inference.openapi.errors import BadRequestError, NotFoundError
from tritonclient.utils import InferenceServerException

PORTS = json.loads(sys.argv[1])
A = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32)
B = np.array([[0.5, -1, 2], [3, 0.25, -0.125]], dtype=np.float32)

SAMPLES = {
    "float": ("FP32", np.array([[0.5, -0.0, np.inf, 1e-45]], dtype=np.float32)),
    "double": ("FP64", np.array([[0.1, -0.0, 1e300]], dtype=np.float64)),
    "float16": ("FP16", np.array([[0.5, 65504, np.inf, 6e-8]], dtype=np.float16)),
    "int8": ("INT8", np.array([[-128, 127]], dtype=np.int8)),
    "uint8": ("UINT8", np.array([[0, 255]], dtype=np.uint8)),
    "int16": ("INT16", np.array([[-32768, 32767]], dtype=np.int16)),
    "uint16": ("UINT16", np.array([[0, 65535]], dtype=np.uint16)),
    "int32": ("INT32", np.array([[-(2**31), 2**31 - 1]], dtype=np.int32)),
    "uint32": ("UINT32", np.array([[0, 2**32 - 1]], dtype=np.uint32)),
    "int64": ("INT64", np.array([[-(2**63), 2**63 - 1, 2**53 + 1]], dtype=np.int64)),
    "uint64": ("UINT64", np.array([[0, 2**64 - 1]], dtype=np.uint64)),
    "bool": ("BOOL", np.array([[True, False, True]], dtype=bool)),
    "string": ("BYTES", np.array([["", "a", "été", "日本語 😀"]], dtype=object)),
}


def main():
    for kind, triton in (("http", triton_http), ("grpc", triton_grpc)):
        client = triton.InferenceServerClient(f"127.0.0.1:{PORTS['two-by-two'][kind]}")
        asks_about(client)
        infers(client, triton)
        infers_later(client, kind, triton)
        is_refused(client, triton)
        carries_types(kind, triton)
        client.close()
        print(f"{kind}: passed")
    only_http()
    only_grpc()
    asyncio.run(both_with_asyncio())
    standard_services()
    asyncio.run(protocols_own_client())
    print("all passed")


def inputs_of(triton, a=A, b=B, **settings):
    inputs = []
    for name, value in (("a", a), ("b", b)):
        tensor = triton.InferInput(name, list(value.shape), "FP32")
        tensor.set_data_from_numpy(value, **settings)
        inputs.append(tensor)
    return inputs


def asks_about(client):
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("model")
    assert client.is_model_ready("model", "0123456789ab")
    assert not client.is_model_ready("other")
    for metadata in (as_dict(client.get_server_metadata()), as_dict(client.get_server_metadata(headers={"x": "y"}))):
        assert metadata["name"] == "plimsoll" and "binary_tensor_data" in metadata["extensions"], metadata
    model = as_dict(client.get_model_metadata("model"))
    assert model["versions"] == ["0123456789ab"], model
    assert [tensor["name"] for tensor in model["inputs"]] == ["a", "b"], model
    assert [int(size) for size in model["outputs"][0]["shape"]] == [-1, 3], model
    index = client.get_model_repository_index()
    first = as_dict(index)["models"][0] if not isinstance(index, list) else index[0]
    assert (first["name"], first["state"]) == ("model", "READY"), index


def as_dict(value):
    if isinstance(value, (dict, list)):
        return value
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(value, preserving_proto_field_name=True)


def assert_sums(result, a=A, b=B):
    np.testing.assert_array_equal(result.as_numpy("sum"), a + b)
    np.testing.assert_array_equal(result.as_numpy("product"), a * b)


def infers(client, triton):
    assert_sums(client.infer("model", inputs_of(triton)))
    wanted = [triton.InferRequestedOutput("product"), triton.InferRequestedOutput("sum")]
    result = client.infer(
        "model",
        inputs_of(triton),
        model_version="0123456789ab",
        outputs=wanted,
        request_id="seven",
        priority=1,
        timeout=5_000_000,
        parameters={"note": "é", "count": 3, "flag": True},
    )
    assert_sums(result)
    response = as_dict(result.get_response())
    assert response["id"] == "seven", response
    assert {"note", "count", "flag"} <= set(response["parameters"]), response
    only = client.infer("model", inputs_of(triton), outputs=wanted[:1])
    assert only.as_numpy("sum") is None
    np.testing.assert_array_equal(only.as_numpy("product"), A * B)
    rows = np.random.default_rng(7).random((100, 3), dtype=np.float32)
    assert_sums(client.infer("model", inputs_of(triton, rows, rows)), rows, rows)


def infers_later(client, kind, triton):
    if kind == "http":
        pending = [client.async_infer("model", inputs_of(triton)) for _ in range(20)]
        for request in pending:
            assert_sums(request.get_result())
        return
    answers = queue.Queue()
    for _ in range(20):
        client.async_infer("model", inputs_of(triton), callback=lambda result, error: answers.put((result, error)))
    for _ in range(20):
        result, error = answers.get(timeout=20)
        assert error is None, error
        assert_sums(result)


def is_refused(client, triton):
    short = np.ones((2, 2), dtype=np.float32)
    for work, words in (
        (lambda: client.infer("model", inputs_of(triton, short, short)), "[batch, 3]"),
        (lambda: client.infer("other", inputs_of(triton)), 'unknown model "other"'),
        (lambda: client.infer("model", inputs_of(triton), model_version="9"), 'unknown version "9"'),
        (lambda: client.infer("model", inputs_of(triton)[:1]), 'input "b" is missing'),
        (lambda: client.load_model("model"), "nothing of it changes"),
        (lambda: client.unload_model("model"), "nothing of it changes"),
        (lambda: client.get_system_shared_memory_status(), "shared memory is not served"),
        (lambda: client.get_inference_statistics(), "metrics"),
        (lambda: client.get_model_config("model"), "no Triton configuration"),
    ):
        try:
            work()
        except InferenceServerException as error:
            assert words in error.message(), error.message()
        else:
            raise AssertionError(f"was not refused: {words}")


def carries_types(kind, triton):
    for name, (datatype, value) in SAMPLES.items():
        client = triton.InferenceServerClient(f"127.0.0.1:{PORTS[f'identity-{name}'][kind]}")
        ways = [{}] if kind == "grpc" else [{"binary_data": True}, {"binary_data": False}]
        if name == "float16":
            ways = ways[:1]  # tritonclient has no FP16 in JSON
        for settings in ways:
            tensor = triton.InferInput("x", list(value.shape), datatype)
            tensor.set_data_from_numpy(value, **settings)
            outputs = [triton.InferRequestedOutput("y", **settings)]
            found = client.infer("model", [tensor], outputs=outputs).as_numpy("y")
            if datatype == "BYTES":
                found = np.array([text.decode() if isinstance(text, bytes) else text for text in found.flatten()], dtype=object)
                value = value.flatten()
                assert found.tolist() == value.tolist(), (found, value)
                value = SAMPLES[name][1]
            else:
                # JSON's numbers come back in tritonclient as the type asked for.
                assert found.dtype == value.dtype, (name, found.dtype)
                np.testing.assert_array_equal(found.view(np.uint8), value.view(np.uint8), err_msg=f"{kind} {name}")
        client.close()


def only_http():
    client = triton_http.InferenceServerClient(f"127.0.0.1:{PORTS['two-by-two']['http']}", concurrency=4)
    rows = np.random.default_rng(8).random((100, 3), dtype=np.float32)
    for algorithm in ("gzip", "deflate"):
        for binary in (True, False):
            outputs = [triton_http.InferRequestedOutput(name, binary_data=binary) for name in ("sum", "product")]
            result = client.infer(
                "model",
                inputs_of(triton_http, rows, rows, binary_data=binary),
                outputs=outputs,
                request_compression_algorithm=algorithm,
                response_compression_algorithm=algorithm,
            )
            np.testing.assert_allclose(result.as_numpy("sum"), rows + rows, rtol=1e-6)
    mixed = inputs_of(triton_http)
    mixed[0].set_data_from_numpy(A, binary_data=False)
    assert_sums(client.infer("model", mixed))
    client.close()


def only_grpc():
    address = f"127.0.0.1:{PORTS['two-by-two']['grpc']}"
    client = triton_grpc.InferenceServerClient(address)
    rows = np.random.default_rng(9).random((100, 3), dtype=np.float32)
    for algorithm in ("gzip", "deflate"):
        result = client.infer("model", inputs_of(triton_grpc, rows, rows), compression_algorithm=algorithm)
        assert_sums(result, rows, rows)
    answers = queue.Queue()
    client.start_stream(callback=lambda result, error: answers.put((result, error)))
    for index in range(10):
        client.async_stream_infer("model", inputs_of(triton_grpc), request_id=str(index))
    client.async_stream_infer("other", inputs_of(triton_grpc))
    for index in range(10):
        result, error = answers.get(timeout=20)
        assert error is None and result.get_response().id == str(index), (index, error)
        assert_sums(result)
    _, error = answers.get(timeout=20)
    assert 'unknown model "other"' in error.message(), error
    client.stop_stream()
    client.close()
    slow = triton_grpc.InferenceServerClient(f"127.0.0.1:{PORTS['slow']['grpc']}")
    steps = triton_grpc.InferInput("steps", [], "INT64")
    steps.set_data_from_numpy(np.array(3_000_000, dtype=np.int64))
    try:
        slow.infer("model", [steps], client_timeout=0.2)
    except InferenceServerException as error:
        assert "DEADLINE_EXCEEDED" in error.status() or "Deadline" in error.message(), error
    else:
        raise AssertionError("the deadline did not hold")
    slow.close()


async def both_with_asyncio():
    for kind, triton, module in (("http", triton_http, triton_http_aio), ("grpc", triton_grpc, triton_grpc_aio)):
        async with module.InferenceServerClient(f"127.0.0.1:{PORTS['two-by-two'][kind]}") as client:
            assert await client.is_server_ready()
            results = await asyncio.gather(*(client.infer("model", inputs_of(triton)) for _ in range(20)))
            for result in results:
                assert_sums(result)


async def protocols_own_client():
    """The client that is generated from the protocol's OpenAPI document, whose models are strict about what comes back."""
    url = f"http://127.0.0.1:{PORTS['two-by-two']['http']}"
    tensor = lambda name, value: {"name": name, "shape": list(value.shape), "datatype": "FP32", "data": value.ravel().tolist()}
    request = InferenceRequest(id="8", inputs=[tensor("a", A), tensor("b", B)])
    client = OpenInferenceClient(base_url=url)
    client.check_server_liveness()
    client.check_server_readiness()
    client.check_model_readiness("model")
    assert client.read_server_metadata().name == "plimsoll"
    assert [port.name for port in client.read_model_metadata("model").outputs] == ["sum", "product"]
    later = AsyncOpenInferenceClient(base_url=url)
    for answer in (client.model_infer("model", request=request), await later.model_infer("model", request=request)):
        assert answer.id == "8", answer
        np.testing.assert_array_equal(answer.outputs[0].data.__root__, (A + B).ravel())
    for name, data, wanted in (("model", [], BadRequestError), ("other", [tensor("a", A)], NotFoundError)):
        try:
            client.check_model_readiness(name)
            client.model_infer(name, request=InferenceRequest(inputs=data))
        except wanted as error:
            assert error.body["error"], error
        else:
            raise AssertionError(f"{name}: no refusal")
    # KServe's client, which takes a hundred packages along, reads health's body where others go by the status.
    for path, body in (("health/live", {"live": True}), ("health/ready", {"ready": True})):
        assert httpx.get(f"{url}/v2/{path}").json() == body


def standard_services():
    channel = grpc.insecure_channel(f"127.0.0.1:{PORTS['two-by-two']['grpc']}")
    health = health_pb2_grpc.HealthStub(channel)
    assert health.Check(health_pb2.HealthCheckRequest()).status == health_pb2.HealthCheckResponse.SERVING
    watch = health.Watch(health_pb2.HealthCheckRequest(service="inference.GRPCInferenceService"))
    assert next(iter(watch)).status == health_pb2.HealthCheckResponse.SERVING
    watch.cancel()
    reflection = ProtoReflectionDescriptorDatabase(channel)
    services = set(reflection.get_services())
    assert {"inference.GRPCInferenceService", "grpc.health.v1.Health"} <= services, services
    pool = DescriptorPool(reflection)
    service = pool.FindServiceByName("inference.GRPCInferenceService")
    # What reflection describes is what tritonclient was made from: the same numbers and types under the same names.
    for name in ("ModelInferRequest", "ModelInferResponse", "ModelMetadataResponse", "InferTensorContents"):
        ours = pool.FindMessageTypeByName(f"inference.{name}")
        theirs = getattr(triton_grpc.service_pb2, name).DESCRIPTOR
        assert same_fields(ours, theirs), name
    method = service.methods_by_name["ServerMetadata"]
    reply_type = GetMessageClass(method.output_type)
    call = channel.unary_unary(
        "/inference.GRPCInferenceService/ServerMetadata",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=reply_type.FromString,
    )
    assert call(GetMessageClass(method.input_type)()).name == "plimsoll"
    channel.close()


def same_fields(ours, theirs, seen=frozenset()):
    if ours.full_name in seen:
        return True
    if ours.full_name != theirs.full_name or set(ours.fields_by_name) != set(theirs.fields_by_name):
        return False
    for name, field in ours.fields_by_name.items():
        other = theirs.fields_by_name[name]
        if (field.number, field.type, field.is_repeated) != (other.number, other.type, other.is_repeated):
            return False
        if field.message_type and not same_fields(field.message_type, other.message_type, seen | {ours.full_name}):
            return False
    return True


main()
