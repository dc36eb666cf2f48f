"""What models are quantized with: values to calibrate on, and the form that onnxruntime.quantization wants them in first."""

import numpy as np
import onnx
from onnxruntime import quantization as quant
from onnxruntime.quantization.shape_inference import quant_pre_process


class Random(quant.CalibrationDataReader):
    def __init__(self, model, scale=1):
        random, feeds = np.random.default_rng(0), {}
        sizes = {"batch": 2, "sequence": 12, "length": 12}
        for value in model.graph.input:
            tensor = value.type.tensor_type
            shape = [dim.dim_value or sizes.get(dim.dim_param, 4) for dim in tensor.shape.dim]
            is_float = tensor.elem_type == onnx.TensorProto.FLOAT
            feeds[value.name] = random.standard_normal(shape).astype(np.float32) if is_float else np.ones(shape, np.int64)
        self.left = [feeds]

    def get_next(self):
        return self.left.pop() if self.left else None


def prepared(source, scratch):
    path = f"{scratch}/prepared.onnx"
    quant_pre_process(str(source), path, skip_symbolic_shape=True)
    return path
