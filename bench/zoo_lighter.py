"""
Lighter forms of models that bench/zoo_torch.py wrote, by the tools that their users take: onnxruntime.quantization (dynamic, static
with QuantizeLinear nodes) and onnxconverter-common (half precision).

    uv pip install onnx==1.23.2 onnxruntime==1.30.0 onnxconverter-common==1.16.0
    python bench/zoo_lighter.py FOLDER [NAME...]
"""

import pathlib
import shutil
import sys
import tempfile

import onnx
from onnxconverter_common import float16
from onnxruntime import quantization as quant
from zoo_quantizing import Random, prepared


def dynamic(source, target, scratch):
    quant.quantize_dynamic(prepared(source, scratch), str(target))


def static(form):
    def make(source, target, scratch):
        path = prepared(source, scratch)
        quant.quantize_static(path, str(target), Random(onnx.load(path)), quant_format=form, per_channel=True)
    return make


def half(source, target, scratch):
    onnx.save(float16.convert_float_to_float16(onnx.load(source), keep_io_types=True, disable_shape_infer=False), str(target))


LIGHTER = {
    "q_lstm_dynamic": ("nn_lstm", dynamic),
    "q_mobilenet_qdq": ("tv_mobilenet_v3", static(quant.QuantFormat.QDQ)),
    "half_regnet": ("tv_regnet", half),
}


def main():
    folder = pathlib.Path(sys.argv[1])
    for name in sys.argv[2:] or LIGHTER:
        base, make = LIGHTER[name]
        with tempfile.TemporaryDirectory() as scratch:
            make(folder / f"{base}.onnx", folder / f"{name}.onnx", scratch)
        shutil.copyfile(folder / f"{base}.json", folder / f"{name}.json")
        print(name, "written", flush=True)


main()
