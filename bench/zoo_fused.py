"""
What tools make of models before they are shipped, of models that bench/zoo_torch.py and bench/zoo_newer.py wrote to the same folder or
of exports of its own: onnxruntime.transformers.optimizer, onnxruntime.quantization, half precision, simplifiers.

    uv pip install onnx==1.23.2 onnxruntime==1.30.0 onnxconverter-common==1.16.0 onnxsim==0.8.1 onnxslim==0.1.98 onnxoptimizer==0.4.2 (and those of zoo_newer.py)
    python bench/zoo_fused.py FOLDER [NAME...]
"""

import json
import pathlib
import shutil
import sys
import tempfile
import traceback

import onnx
from onnxruntime import quantization as quant
from zoo_quantizing import Random, prepared


def fused(kind, heads=0, width=0, half=False, **options):
    def make(source, target, scratch):
        from onnxruntime.transformers.fusion_options import FusionOptions
        from onnxruntime.transformers.optimizer import optimize_model
        choice = FusionOptions(kind)
        for name, value in options.items():
            setattr(choice, name, value)
        model = optimize_model(str(source), model_type=kind, num_heads=heads, hidden_size=width, optimization_options=choice, opt_level=0, use_gpu=False)
        if half:
            model.convert_float_to_float16(keep_io_types=True)
        model.save_model_to_file(str(target))
    return make


def dynamic(**options):
    def make(source, target, scratch):
        quant.quantize_dynamic(prepared(source, scratch), str(target), **options)
    return make


def static(form, activations=quant.QuantType.QUInt8, weights=quant.QuantType.QInt8, extra=None, **options):
    def make(source, target, scratch):
        path = prepared(source, scratch)
        quant.quantize_static(path, str(target), Random(onnx.load(path)), quant_format=form, activation_type=activations, weight_type=weights, extra_options=extra or {}, **options)
    return make


def few_bits(block=32, level=0, symmetric=True, bits=4, form=quant.QuantFormat.QOperator, operators=("MatMul",)):
    def make(source, target, scratch):
        from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer
        config = DefaultWeightOnlyQuantConfig(block_size=block, is_symmetric=symmetric, accuracy_level=level, bits=bits, quant_format=form, op_types_to_quantize=operators,
                                              quant_axes=(("MatMul", 0), ("Gather", 1)))
        quantizer = MatMulNBitsQuantizer(onnx.load(source), block_size=block, is_symmetric=symmetric, accuracy_level=level, op_types_to_quantize=operators, algo_config=config)
        quantizer.process()
        quantizer.model.save_model_to_file(str(target))
    return make


def half(source, target, scratch):
    from onnxconverter_common import float16
    onnx.save(float16.convert_float_to_float16(onnx.load(source), keep_io_types=True), str(target))


def simplified(source, target, scratch):
    import onnxsim
    model, is_right = onnxsim.simplify(onnx.load(source))
    assert is_right
    onnx.save(model, target)


def slimmed(source, target, scratch):
    import onnxslim
    onnx.save(onnxslim.slim(str(source)), target)


def optimised(source, target, scratch):
    import onnxoptimizer
    onnx.save(onnxoptimizer.optimize(onnx.load(source), onnxoptimizer.get_fuse_and_elimination_passes()), target)


def shaped(source, target, scratch):
    from onnxruntime.tools.symbolic_shape_infer import SymbolicShapeInference
    onnx.save(SymbolicShapeInference.infer_shapes(onnx.load(source), auto_merge=True), target)


Q = quant.QuantFormat
FORMS = {
    "fused_bert": ("sentence", fused("bert", 12, 384)),
    "fused_bert_half": ("sentence", fused("bert", 12, 384, half=True)),
    "fused_bert_mha": ("sentence", fused("bert", 12, 384, use_multi_head_attention=True)),
    "fused_bart": ("hf_bart", fused("bart", 8, 512)),
    "fused_clip": ("clip", fused("clip", 4, 256)),
    "fused_unet": ("noise", fused("unet")),
    "fused_conformer": ("conformer", fused("conformer", 4, 256)),
    "fused_swin": ("swin_v2", fused("swin")),
    "bert_int8": ("sentence", dynamic()),
    "bert_int8_channels": ("sentence", dynamic(per_channel=True, reduce_range=True, weight_type=quant.QuantType.QUInt8)),
    "bert_fused_int8": ("fused_bert", dynamic(extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT})),
    "bert_qdq": ("sentence", static(Q.QDQ)),
    "bert_qdq_16": ("sentence", static(Q.QDQ, activations=quant.QuantType.QUInt16, extra={"UseQDQContribOps": True})),
    "bert_qoperator": ("sentence", static(Q.QOperator, per_channel=True)),
    "voice_int8": ("voice", dynamic()),
    "mobile_qoperator": ("tv_mobilenet_v3", static(Q.QOperator, per_channel=True)),
    "google_s8": ("tv_googlenet", static(Q.QDQ, activations=quant.QuantType.QInt8, per_channel=True, extra={"ActivationSymmetric": True, "WeightSymmetric": True})),
    "deeplab_qdq": ("tv_deeplab", static(Q.QDQ)),
    "detr_qdq": ("detr", static(Q.QDQ, per_channel=True)),
    "llama_4bit": ("llama_cached", few_bits()),
    "llama_4bit_128": ("llama_cached", few_bits(block=128, level=4, symmetric=False)),
    "llama_4bit_gather": ("llama_cached", few_bits(block=32, level=4, operators=("MatMul", "Gather"))),
    "llama_8bit": ("llama_cached", few_bits(block=64, level=4, bits=8)),
    "llama_4bit_qdq": ("llama_cached", few_bits(block=32, form=Q.QDQ)),
    "whisper_half": ("whisper_decoder", half),
    "segformer_slim": ("hf_segformer", slimmed),
    "detr_simple": ("detr", simplified),
    "wav2vec2_slim": ("wav2vec2", slimmed),
    "densenet_optimised": ("tv_densenet121", optimised),
    "bart_shaped": ("hf_bart", shaped),
}


def main():
    folder = pathlib.Path(sys.argv[1])
    failed = []
    for name in sys.argv[2:] or FORMS:
        base, make = FORMS[name]
        try:
            with tempfile.TemporaryDirectory() as scratch:
                make(folder / f"{base}.onnx", folder / f"{name}.onnx", scratch)
            shutil.copyfile(folder / f"{base}.json", folder / f"{name}.json")
            operators = sorted({f"{node.domain}:{node.op_type}" for node in onnx.load(folder / f"{name}.onnx", load_external_data=False).graph.node if node.domain})
            print(name, "written", *operators, flush=True)
        except Exception:
            failed.append(name)
            (folder / f"{name}.onnx").unlink(missing_ok=True)
            print(name, "failed", traceback.format_exc(limit=-3)[-700:], flush=True)
    sys.exit(f"not made: {', '.join(failed)}" if failed else 0)


main()
