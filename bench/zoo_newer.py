"""
Further models that PyTorch's exporters write, for bench/memory-figures.ts: speech, images from noise, graphs, decoders with what they
keep of earlier tokens, with random weights and fewer layers where that changes nothing.

    uv pip install torch==2.15.0 torchvision==0.29.2 timm==1.0.31 transformers==4.57.6 diffusers==0.35.2 onnx==1.23.2 onnxscript==0.7.2
    python bench/zoo_newer.py FOLDER [NAME...]
"""

import diffusers
import torch
import transformers as hf
from torch import nn
from transformers.cache_utils import DynamicCache
from zoo_torch import LONG, B, S, eager, images, last, named, plain, tokens, write_zoo


class Cached(nn.Module):
    """A decoder that takes keys and values of earlier tokens, and gives those of all."""

    def __init__(self, inner, layers):
        super().__init__()
        self.inner, self.layers = inner, layers

    def forward(self, input_ids, mask, *past):
        cache = DynamicCache.from_legacy_cache(tuple((past[2 * layer], past[2 * layer + 1]) for layer in range(self.layers)))
        out = self.inner(input_ids=input_ids, attention_mask=mask, past_key_values=cache, use_cache=True)
        return (out.logits, *(each for pair in out.past_key_values.to_legacy_cache() for each in pair))


def decoder(make, layers, heads, width):
    def build(path):
        dims = {name: torch.export.Dim(name, min=1, max=4096) for name in ("batch", "length", "total", "past")}
        names = [f"{kind}_{layer}" for layer in range(layers) for kind in ("key", "value")]
        inputs = (torch.ones(2, 3, dtype=LONG), torch.ones(2, 8, dtype=LONG), *(torch.randn(2, heads, 5, width) for _ in names))
        shapes = ({0: dims["batch"], 1: dims["length"]}, {0: dims["batch"], 1: torch.export.Dim.DYNAMIC}, tuple({0: dims["batch"], 2: dims["past"]} for _ in names))
        torch.onnx.export(Cached(make(), layers).eval(), inputs, str(path), dynamo=True, dynamic_shapes=shapes, external_data=False, verbose=False,
                          input_names=["input_ids", "mask", *names], output_names=["logits", *(f"new_{name}" for name in names)])
    return build


def steps(*triples):
    return [{"batch": batch, "length": length, "total": length + past, "past": past} for batch, length, past in triples]


class Messages(nn.Module):
    """Nodes of a graph, which take the mean and the largest of what their neighbours send."""

    def __init__(self, width=128):
        super().__init__()
        self.take = nn.Linear(32, width)
        self.send = nn.ModuleList(nn.Linear(2 * width, width) for _ in range(3))
        self.join = nn.ModuleList(nn.Linear(3 * width, width) for _ in range(3))
        self.head = nn.Linear(width, 10)

    def forward(self, features, edges):
        nodes, (source, target) = self.take(features), edges
        for send, join in zip(self.send, self.join):
            sent = send(torch.cat([nodes[source], nodes[target]], 1)).relu()
            summed = torch.zeros_like(nodes).index_add(0, target, sent)
            index = target.unsqueeze(1).expand(-1, nodes.shape[1])
            largest = torch.zeros_like(nodes).scatter_reduce(0, index, sent, reduce="amax")
            nodes = join(torch.cat([nodes, summed, largest], 1)).relu()
        return self.head(nodes)


class Selective(nn.Module):
    """A state that every step decays and fills by what it reads, as in Mamba, in a loop over the steps."""

    def __init__(self, width=192, state=16):
        super().__init__()
        self.into, self.out = nn.Linear(64, 2 * width), nn.Linear(width, 64)
        self.window = nn.Conv1d(width, width, 4, padding=3, groups=width)
        self.step, self.mix = nn.Linear(width, width), nn.Linear(width, 2 * state)
        self.decay = nn.Parameter(-torch.rand(width, state))
        self.scan = torch.jit.script(scan)

    def forward(self, tokens):
        inner, gate = self.into(tokens).chunk(2, -1)
        inner = nn.functional.silu(self.window(inner.transpose(1, 2))[..., : tokens.shape[1]].transpose(1, 2))
        step = nn.functional.softplus(self.step(inner))
        filling, reading = self.mix(inner).chunk(2, -1)
        decay = (step.unsqueeze(-1) * self.decay).exp()
        added = step.unsqueeze(-1) * filling.unsqueeze(2) * inner.unsqueeze(-1)
        return self.out(self.scan(decay, added, reading) * nn.functional.silu(gate))


def scan(decay: torch.Tensor, added: torch.Tensor, reading: torch.Tensor) -> torch.Tensor:
    state = torch.zeros_like(added[:, 0])
    read = []
    for at in range(added.shape[1]):
        state = decay[:, at] * state + added[:, at]
        read.append((state * reading[:, at].unsqueeze(1)).sum(-1))
    return torch.stack(read, 1)


class Voice(nn.Module):
    """Letters to sound: an encoder with a recurrent layer, each letter as long as it says, then up to samples."""

    def __init__(self, width=192):
        super().__init__()
        self.table = nn.Embedding(60, width)
        self.windows = nn.Sequential(*(nn.Sequential(nn.Conv1d(width, width, 5, padding=2), nn.BatchNorm1d(width), nn.ReLU()) for _ in range(3)))
        self.read = nn.LSTM(width, width // 2, batch_first=True, bidirectional=True)
        self.say = nn.GRU(width, 256, 2, batch_first=True)
        self.frames = nn.Linear(256, 80)
        ups, channels = [nn.Conv1d(80, 256, 7, padding=3)], 256
        for rate, window in ((8, 16), (8, 16), (2, 4)):
            ups += [nn.LeakyReLU(0.1), nn.ConvTranspose1d(channels, channels // 2, window, rate, padding=(window - rate) // 2), Residual(channels // 2)]
            channels //= 2
        self.sound = nn.Sequential(*ups, nn.LeakyReLU(), nn.Conv1d(channels, 1, 7, padding=3), nn.Tanh())

    def forward(self, letters, longer):
        read = self.windows(self.table(letters).transpose(1, 2)).transpose(1, 2)
        read, _ = self.read(read)
        read = read.repeat_interleave(4, dim=1) * longer
        said, _ = self.say(read)
        return self.sound(self.frames(said).transpose(1, 2))


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.each = nn.ModuleList(nn.Conv1d(channels, channels, 3, padding=step, dilation=step) for step in (1, 3, 5))

    def forward(self, x):
        for conv in self.each:
            x = x + conv(nn.functional.leaky_relu(x, 0.1))
        return x


class Sentence(nn.Module):
    """The mean of the tokens that are there, of length one."""

    def __init__(self):
        super().__init__()
        self.inner = hf.BertModel(eager(hf.BertConfig(hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536)), add_pooling_layer=False)

    def forward(self, input_ids, attention_mask, token_type_ids):
        hidden = self.inner(input_ids, attention_mask, token_type_ids).last_hidden_state
        mask = attention_mask.unsqueeze(-1).expand(hidden.size()).float()
        return nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1).clamp(min=1e-9), p=2, dim=1)


class Rooted(nn.Module):
    """Attention and root mean squares, for which newer operator sets have operators."""

    def __init__(self, width=384, heads=6, layers=4):
        super().__init__()
        self.table, self.heads = nn.Embedding(8000, width), heads
        self.norms = nn.ModuleList(nn.RMSNorm(width) for _ in range(2 * layers))
        self.qkv = nn.ModuleList(nn.Linear(width, 3 * width) for _ in range(layers))
        self.out = nn.ModuleList(nn.Linear(width, width) for _ in range(layers))
        self.up, self.down = (nn.ModuleList(nn.Linear(a, b) for _ in range(layers)) for a, b in ((width, 4 * width), (4 * width, width)))

    def forward(self, tokens):
        x = self.table(tokens)
        batch, length, width = x.shape
        for at in range(len(self.out)):
            q, k, v = (each.reshape(batch, length, self.heads, -1).transpose(1, 2) for each in self.qkv[at](self.norms[2 * at](x)).chunk(3, -1))
            mixed = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.out[at](mixed.transpose(1, 2).reshape(batch, length, width))
            x = x + self.down[at](nn.functional.silu(self.up[at](self.norms[2 * at + 1](x))))
        return x


class Noise(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = diffusers.UNet2DConditionModel(sample_size=32, block_out_channels=(64, 128, 256), layers_per_block=1, cross_attention_dim=256, attention_head_dim=8,
                                                    down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
                                                    up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"))

    def forward(self, sample, timestep, states):
        return self.inner(sample, timestep, states, return_dict=False)[0]


def llama(**more):
    return hf.LlamaForCausalLM(hf.LlamaConfig(vocab_size=8000, hidden_size=512, intermediate_size=1408, num_hidden_layers=4, num_attention_heads=8, num_key_value_heads=2, **more))


def whisper_config():
    return hf.WhisperConfig(d_model=384, encoder_layers=2, decoder_layers=4, encoder_attention_heads=6, decoder_attention_heads=6, vocab_size=12_000, pad_token_id=0, use_cache=False)


class Subtitles(nn.Module):
    def __init__(self):
        super().__init__()
        whole = hf.WhisperForConditionalGeneration(whisper_config())
        self.inner, self.head = whole.model.decoder, whole.proj_out

    def forward(self, tokens, states):
        return self.head(self.inner(input_ids=tokens, encoder_hidden_states=states)[0])


SOUND = {"samples": torch.randn(2, 16000)}
SAMPLES = [{"batch": 1, "samples": 8000}, {"batch": 1, "samples": 80_000}, {"batch": 3, "samples": 160_000}]

ZOO = {
    "llama_cached": (decoder(llama, 4, 2, 64), steps((1, 1, 16), (1, 32, 200), (4, 64, 960))),
    "rooted_24": (plain(Rooted, {"tokens": torch.ones(2, 9, dtype=LONG)}, {"tokens": {0: "batch", 1: "sequence"}}, opset=24), S((1, 16), (4, 128), (8, 512))),
    "sentence": (tokens(Sentence, names=("input_ids", "attention_mask", "token_type_ids"), dynamo=False), S((1, 16), (8, 128), (32, 256))),
    "modern_bert": (tokens(lambda: hf.ModernBertModel(eager(hf.ModernBertConfig(vocab_size=50_368, hidden_size=384, intermediate_size=576, num_hidden_layers=6, num_attention_heads=6, reference_compile=False))), answer=last), S((1, 16), (4, 128), (8, 512))),
    "whisper_decoder": (plain(Subtitles, {"tokens": torch.ones(2, 7, dtype=LONG), "states": torch.randn(2, 1500, 384)}, {"tokens": {0: "batch", 1: "length"}, "states": {0: "batch"}}, outputs=("logits",)),
                        [{"batch": 1, "length": 4}, {"batch": 2, "length": 64}, {"batch": 6, "length": 128}]),
    "wav2vec2": (named(lambda: hf.Wav2Vec2ForCTC(hf.Wav2Vec2Config(hidden_size=384, num_hidden_layers=4, num_attention_heads=6, intermediate_size=1536)), {"input_values": torch.randn(2, 16000)}, {"input_values": {0: "batch", 1: "samples"}}, answer=lambda out: out.logits), SAMPLES),
    "conformer": (named(lambda: hf.Wav2Vec2ConformerModel(hf.Wav2Vec2ConformerConfig(hidden_size=256, num_hidden_layers=4, num_attention_heads=4, intermediate_size=1024, position_embeddings_type="rotary")), {"input_values": torch.randn(2, 16000)}, {"input_values": {0: "batch", 1: "samples"}}, answer=last, dynamo=False), SAMPLES),
    "clip": (named(lambda: hf.CLIPModel(hf.CLIPConfig(text_config=dict(num_hidden_layers=3, hidden_size=256, intermediate_size=1024, num_attention_heads=4), vision_config=dict(num_hidden_layers=4, hidden_size=384, intermediate_size=1536, num_attention_heads=6), projection_dim=256)),
                   {"input_ids": torch.ones(3, 12, dtype=LONG), "pixel_values": torch.randn(2, 3, 224, 224), "attention_mask": torch.ones(3, 12, dtype=LONG)},
                   {"input_ids": {0: "texts", 1: "length"}, "pixel_values": {0: "images"}, "attention_mask": {0: "texts", 1: "length"}}, answer=lambda out: (out.logits_per_image, out.image_embeds), outputs=("logits", "embeddings")),
             [{"texts": 1, "length": 8, "images": 1}, {"texts": 8, "length": 40, "images": 4}, {"texts": 32, "length": 77, "images": 16}]),
    "detr": (images(lambda: hf.DetrForObjectDetection(eager(hf.DetrConfig(use_timm_backbone=True, use_pretrained_backbone=False, backbone="resnet18", encoder_layers=3, decoder_layers=3))), side=320, answer=lambda out: (out.logits, out.pred_boxes), outputs=("logits", "boxes")), B(1, 2, 6)),
    "sam_encoder": (images(lambda: hf.models.sam.modeling_sam.SamVisionEncoder(hf.SamVisionConfig(hidden_size=192, num_hidden_layers=4, num_attention_heads=6, image_size=512, global_attn_indexes=[1, 3], mlp_ratio=4.0)), side=512, answer=lambda out: out[0], dynamo=False), B(1, 2, 3)),
    "dinov2": (images(lambda: hf.Dinov2Model(hf.Dinov2Config(hidden_size=384, num_hidden_layers=6, num_attention_heads=6, image_size=224)), answer=last, dynamo=True), B(1, 4, 16)),
    "depth": (images(lambda: hf.DPTForDepthEstimation(hf.DPTConfig(hidden_size=256, num_hidden_layers=4, num_attention_heads=4, intermediate_size=1024, image_size=224, patch_size=16, backbone_out_indices=[0, 1, 2, 3], neck_hidden_sizes=[32, 64, 128, 128], fusion_hidden_size=64)), answer=lambda out: out.predicted_depth), B(1, 2, 6)),
    "swin_v2": (images(lambda: hf.Swinv2Model(hf.Swinv2Config(image_size=256, embed_dim=64, depths=[2, 2, 2], num_heads=[2, 4, 8], window_size=8)), side=256, answer=last, dynamo=False), B(1, 4, 12)),
    "noise": (plain(Noise, {"sample": torch.randn(2, 4, 32, 32), "timestep": torch.ones(2, dtype=LONG), "states": torch.randn(2, 77, 256)}, {"sample": {0: "batch"}, "timestep": {0: "batch"}, "states": {0: "batch"}}), B(1, 2, 8)),
    "painter": (plain(lambda: diffusers.AutoencoderKL(block_out_channels=(32, 64, 64), down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3, layers_per_block=1, norm_num_groups=16).decoder, {"latent": torch.randn(1, 4, 32, 32)}, {"latent": {0: "batch", 2: "height", 3: "width"}}, dynamo=False),
                [{"batch": 1, "height": 8, "width": 8}, {"batch": 1, "height": 32, "width": 32}, {"batch": 2, "height": 48, "width": 48}]),
    "messages": (plain(Messages, {"features": torch.randn(7, 32), "edges": torch.randint(0, 7, (2, 20))}, {"features": {0: "nodes"}, "edges": {1: "edges"}}), [{"nodes": 10, "edges": 40}, {"nodes": 1000, "edges": 8000}, {"nodes": 5000, "edges": 40_000}]),
    "messages_16": (plain(Messages, {"features": torch.randn(7, 32), "edges": torch.randint(0, 7, (2, 20))}, {"features": {0: "nodes"}, "edges": {1: "edges"}}, dynamo=False, opset=18), [{"nodes": 10, "edges": 40}, {"nodes": 1000, "edges": 8000}, {"nodes": 5000, "edges": 40_000}]),
    "selective": (plain(Selective, {"tokens": torch.randn(2, 12, 64)}, {"tokens": {0: "batch", 1: "length"}}, dynamo=False), [{"batch": 1, "length": 10}, {"batch": 2, "length": 200}, {"batch": 8, "length": 500}]),
    "voice": (plain(Voice, {"letters": torch.ones(2, 9, dtype=LONG), "longer": torch.randn(1, 1, 192)}, {"letters": {0: "batch", 1: "letters"}}, dynamo=False), [{"batch": 1, "letters": 10}, {"batch": 1, "letters": 80}, {"batch": 4, "letters": 160}]),
    "vits": (tokens(lambda: hf.VitsModel(hf.VitsConfig(num_hidden_layers=3, hidden_size=96, ffn_dim=384, flow_size=96, spectrogram_bins=257, upsample_initial_channel=128)), answer=lambda out: out.waveform, outputs=("sound",), dynamo=False), S((1, 8), (1, 40), (2, 80))),
}

if __name__ == "__main__":
    write_zoo(ZOO)
