"""
Models that PyTorch's two exporters write, for bench/memory-figures.ts: architectures of torchvision, timm and transformers as they
are published, with random weights and fewer layers where that changes nothing.

    uv pip install torch==2.15.0 torchvision==0.29.2 timm==1.0.31 transformers==4.57.6 onnx==1.23.2 onnxscript==0.7.2
    python bench/zoo_torch.py FOLDER [NAME...]
"""

import json
import pathlib
import sys
import traceback

import timm
import torch
import torchvision.models as vision
import transformers as hf
from torch import nn

LONG = torch.int64


class Takes(nn.Module):
    """Calls a model with inputs by their names, and gives only tensors back."""

    def __init__(self, inner, names, answer):
        super().__init__()
        self.inner, self.names, self.answer = inner, names, answer

    def forward(self, *inputs):
        return self.answer(self.inner(**dict(zip(self.names, inputs))))


class Through(nn.Module):
    def __init__(self, inner, answer):
        super().__init__()
        self.inner, self.answer = inner, answer

    def forward(self, *inputs):
        return self.answer(self.inner(*inputs))


def write(path, module, inputs, axes, outputs, dynamo, opset=None):
    """`inputs` has a tensor for each name, `axes` its open axes: {name: {axis: symbol}}."""
    module = module.eval()
    names, tensors = list(inputs), tuple(inputs.values())
    with torch.no_grad():
        if dynamo:
            dims = {symbol: torch.export.Dim(symbol, min=1, max=65536) for name in names for symbol in axes.get(name, {}).values()}
            shapes = tuple({axis: dims[symbol] for axis, symbol in axes.get(name, {}).items()} for name in names)
            starred = isinstance(module, (Takes, Through))
            torch.onnx.export(module, tensors, str(path), dynamo=True, dynamic_shapes=(shapes,) if starred else shapes, input_names=names,
                              output_names=outputs, external_data=False, opset_version=opset, verbose=False)
        else:
            every = {**axes, **{name: {0: axes[names[0]].get(0, "rows")} for name in outputs if 0 in axes.get(names[0], {})}}
            torch.onnx.export(module, tensors, str(path), dynamo=False, dynamic_axes=every, input_names=names, output_names=outputs, opset_version=opset or 17)


def images(make, side=224, batch=2, dynamo=True, answer=None, outputs=("scores",), opset=None, sides=False):
    def build(path):
        module = make()
        module = Through(module, answer) if answer else module
        axes = {0: "batch", 2: "height", 3: "width"} if sides else {0: "batch"}
        write(path, module, {"images": torch.randn(batch, 3, side, side)}, {"images": axes}, list(outputs), dynamo, opset)
    return build


def tokens(make, names=("input_ids", "attention_mask"), dynamo=True, answer=None, outputs=("hidden",), opset=None):
    def build(path):
        inputs = {name: torch.ones(2, 12, dtype=LONG) for name in names}
        axes = {name: {0: "batch", 1: "sequence"} for name in names}
        write(path, Takes(make(), names, answer or (lambda out: out[0])), inputs, axes, list(outputs), dynamo, opset)
    return build


def named(make, inputs, axes, answer=lambda out: out[0], outputs=("hidden",), dynamo=True, opset=None):
    def build(path):
        write(path, Takes(make(), tuple(inputs), answer), inputs, axes, list(outputs), dynamo, opset)
    return build


def plain(make, inputs, axes, outputs=("out",), dynamo=True, answer=None, opset=None):
    def build(path):
        module = Through(make(), answer) if answer else make()
        write(path, module, inputs, axes, list(outputs), dynamo, opset)
    return build


def eager(config):
    config._attn_implementation = "eager"
    return config


class Detections(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, image):
        found = self.inner([image])[0]
        return found["boxes"], found["scores"], found["labels"]


def detections(make, side=320):
    def build(path):
        module = Detections(make()).eval()
        with torch.no_grad():
            torch.onnx.export(module, (torch.rand(3, side, side),), str(path), dynamo=False, input_names=["image"], output_names=["boxes", "scores", "labels"],
                              dynamic_axes={"boxes": {0: "found"}, "scores": {0: "found"}, "labels": {0: "found"}}, opset_version=17)
    return build


class Stack(nn.Module):
    def __init__(self, kind, layers, bidirectional):
        super().__init__()
        self.table = nn.Embedding(8000, 128)
        self.inner = kind(128, 192, layers, batch_first=True, bidirectional=bidirectional)
        self.head = nn.Linear(192 * (2 if bidirectional else 1), 500)

    def forward(self, words):
        return self.head(self.inner(self.table(words))[0])


class Temporal(nn.Module):
    def __init__(self):
        super().__init__()
        parts, channels = [], 40
        for layer in range(6):
            parts += [nn.Conv1d(channels, 96, 5, padding=2 * 2**layer, dilation=2**layer), nn.BatchNorm1d(96), nn.GELU(), nn.Dropout(0.1)]
            channels = 96
        self.inner = nn.Sequential(*parts, nn.Conv1d(96, 30, 1))

    def forward(self, frames):
        return self.inner(frames).log_softmax(1)


def last(out):
    return out.last_hidden_state


class T5Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        whole = hf.T5ForConditionalGeneration(hf.T5Config(num_layers=1, num_decoder_layers=4, use_cache=False))
        self.inner, self.head = whole.decoder, whole.lm_head

    def forward(self, input_ids, states, mask):
        return self.head(self.inner(input_ids=input_ids, encoder_hidden_states=states, encoder_attention_mask=mask)[0])


B = lambda *sizes: [{"batch": size} for size in sizes]
S = lambda *pairs: [{"batch": batch, "sequence": length} for batch, length in pairs]
I = lambda *sizes: [{"batch": batch, "height": side, "width": side} for batch, side in sizes]

ZOO = {
    "tv_mobilenet_v3": (images(vision.mobilenet_v3_small), B(1, 8, 32)),
    "tv_efficientnet_b0": (images(vision.efficientnet_b0, dynamo=False), B(1, 4, 8)),
    "tv_regnet": (images(vision.regnet_y_400mf), B(1, 4, 16)),
    "tv_densenet121": (images(vision.densenet121, dynamo=False), B(1, 2, 6)),
    "tv_convnext": (images(vision.convnext_tiny), B(1, 2, 4)),
    "tv_swin": (images(vision.swin_t), B(1, 2, 4)),
    "tv_vit": (images(vision.vit_b_16), B(1, 2, 4)),
    "tv_shufflenet": (images(vision.shufflenet_v2_x1_0, dynamo=False), B(1, 8, 24)),
    "tv_googlenet": (images(lambda: vision.googlenet(init_weights=True, aux_logits=False)), B(1, 4, 16)),
    "tv_deeplab": (images(lambda: vision.segmentation.deeplabv3_mobilenet_v3_large(weights=None, weights_backbone=None), dynamo=False, answer=lambda out: out["out"], sides=True), I((1, 128), (1, 256), (2, 320))),
    "tv_fcn": (images(lambda: vision.segmentation.fcn_resnet50(weights=None, weights_backbone=None), dynamo=True, answer=lambda out: out["out"]), B(1, 2, 3)),
    "tv_ssdlite": (detections(lambda: vision.detection.ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None)), [{}]),
    "tv_fasterrcnn": (detections(lambda: vision.detection.fasterrcnn_mobilenet_v3_large_320_fpn(weights=None, weights_backbone=None)), [{}]),
    "tv_video": (plain(lambda: vision.video.r3d_18(), {"clip": torch.randn(2, 3, 8, 64, 64)}, {"clip": {0: "batch"}}), B(1, 2, 4)),
    "timm_levit": (images(lambda: timm.create_model("levit_128s"), dynamo=False), B(1, 8, 16)),
    "timm_ghostnet": (images(lambda: timm.create_model("ghostnet_100")), B(1, 8, 24)),
    "timm_mixer": (images(lambda: timm.create_model("mixer_s16_224")), B(1, 4, 12)),
    "timm_eva": (images(lambda: timm.create_model("eva02_tiny_patch14_224")), B(1, 4, 8)),
    "timm_maxvit": (images(lambda: timm.create_model("maxvit_rmlp_pico_rw_256"), side=256, dynamo=False), B(1, 2, 4)),
    "hf_distilbert": (tokens(lambda: hf.DistilBertModel(hf.DistilBertConfig())), S((1, 16), (4, 128), (8, 256))),
    "hf_gpt2": (tokens(lambda: hf.GPT2LMHeadModel(hf.GPT2Config(n_layer=4, use_cache=False)), names=("input_ids",), answer=lambda out: out.logits, outputs=("logits",)), S((1, 16), (1, 128), (2, 256))),
    "hf_t5_encoder": (tokens(lambda: hf.T5EncoderModel(hf.T5Config(num_layers=4)), answer=last), S((1, 16), (4, 128), (8, 256))),
    "hf_whisper_encoder": (named(lambda: hf.models.whisper.modeling_whisper.WhisperEncoder(hf.WhisperConfig(d_model=384, encoder_layers=4, encoder_attention_heads=6)),
                                 {"input_features": torch.randn(2, 80, 3000)}, {"input_features": {0: "batch"}}, answer=last), B(1, 2, 3)),
    "hf_bart": (named(lambda: hf.BartModel(eager(hf.BartConfig(d_model=512, encoder_layers=3, decoder_layers=3, encoder_ffn_dim=2048, decoder_ffn_dim=2048, encoder_attention_heads=8, decoder_attention_heads=8, vocab_size=20_000, use_cache=False))),
                      {"input_ids": torch.ones(2, 9, dtype=LONG), "attention_mask": torch.ones(2, 9, dtype=LONG), "decoder_input_ids": torch.ones(2, 7, dtype=LONG)},
                      {"input_ids": {0: "batch", 1: "source"}, "attention_mask": {0: "batch", 1: "source"}, "decoder_input_ids": {0: "batch", 1: "target"}}, dynamo=False),
                [{"batch": 1, "source": 16, "target": 4}, {"batch": 2, "source": 128, "target": 32}, {"batch": 4, "source": 300, "target": 100}]),
    "hf_deberta": (tokens(lambda: hf.DebertaV2Model(hf.DebertaV2Config(num_hidden_layers=3, hidden_size=384, num_attention_heads=6, intermediate_size=1536, vocab_size=30_000, relative_attention=True, max_relative_positions=256, pos_att_type=["p2c", "c2p"])), dynamo=False), S((1, 16), (2, 128), (4, 256))),
    "hf_electra": (tokens(lambda: hf.ElectraModel(eager(hf.ElectraConfig(num_hidden_layers=6))), dynamo=False), S((1, 16), (8, 128), (16, 256))),
    "hf_mobilebert": (tokens(lambda: hf.MobileBertModel(hf.MobileBertConfig(num_hidden_layers=12)), dynamo=True), S((1, 16), (4, 128), (8, 256))),
    "hf_clip_text": (tokens(lambda: hf.CLIPTextModelWithProjection(hf.CLIPTextConfig(num_hidden_layers=6)), dynamo=True, answer=lambda out: out.text_embeds), S((1, 8), (4, 40), (16, 77))),
    "hf_segformer": (named(lambda: hf.SegformerForSemanticSegmentation(hf.SegformerConfig()), {"pixel_values": torch.randn(2, 3, 256, 256)}, {"pixel_values": {0: "batch"}}, answer=lambda out: out.logits, dynamo=False), B(1, 2, 4)),
    "nn_lstm": (plain(lambda: Stack(nn.LSTM, 3, True), {"words": torch.ones(2, 9, dtype=LONG)}, {"words": {0: "batch", 1: "length"}}, dynamo=False), [{"batch": 1, "length": 10}, {"batch": 8, "length": 60}, {"batch": 32, "length": 150}]),
    "nn_temporal": (plain(Temporal, {"frames": torch.randn(2, 40, 400)}, {"frames": {0: "batch", 2: "frames"}}), [{"batch": 1, "frames": 200}, {"batch": 2, "frames": 4000}, {"batch": 8, "frames": 8000}]),
    "hf_t5_decoder": (
        plain(T5Decoder, {"input_ids": torch.ones(2, 7, dtype=LONG), "states": torch.randn(2, 9, 512), "mask": torch.ones(2, 9, dtype=LONG)},
              {"input_ids": {0: "batch", 1: "target"}, "states": {0: "batch", 1: "source"}, "mask": {0: "batch", 1: "source"}}, dynamo=True, outputs=("logits",)),
        [{"batch": 1, "target": 4, "source": 16}, {"batch": 2, "target": 32, "source": 128}, {"batch": 4, "target": 64, "source": 300}],
    ),
}


def write_zoo(zoo):
    """Writes the models that the command line names, all by default."""
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    failed = []
    for name in sys.argv[2:] or zoo:
        build, shapes = zoo[name]
        torch.manual_seed(0)
        try:
            build(folder / f"{name}.onnx")
            (folder / f"{name}.json").write_text(json.dumps(shapes))
            print(name, "written", flush=True)
        except Exception:
            failed.append(name)
            (folder / f"{name}.onnx").unlink(missing_ok=True)
            print(name, "failed", traceback.format_exc(limit=-3)[-700:], flush=True)
    sys.exit(f"not exported: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    write_zoo(ZOO)
