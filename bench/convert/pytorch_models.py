"""Modules of PyTorch of many kinds, and some that cannot be converted."""

import shutil

import torch
from torch import nn


def rows(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def mlp():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)), {"input": rows(2, 4)}


def cnn():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)), (rows(2, 3, 12, 12),)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.head = nn.LSTM(3, 8, batch_first=True), nn.Linear(8, 2)

    def forward(self, steps):
        return self.head(self.inner(steps)[0][:, -1])


def rnn():
    torch.manual_seed(0)
    return Recurrent(), {"steps": rows(2, 5, 3)}, {"steps": {0: "batch", 1: "time"}}


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, dropout=0.0)
        self.inner, self.head = nn.TransformerEncoder(layer, 2), nn.Linear(16, 2)

    def forward(self, steps):
        return {"scores": self.head(self.inner(steps).mean(1))}


def transformer():
    torch.manual_seed(0)
    return Encoder(), {"steps": rows(2, 6, 16)}, {"steps": {0: "batch", 1: "sequence"}}


class Tagger(nn.Module):
    """Takes which steps are padding, and gives a tuple."""

    def __init__(self, heads=2):
        super().__init__()
        layer = nn.TransformerEncoderLayer(16, heads, 32, batch_first=True, dropout=0.1)
        self.words, self.inner = nn.Embedding(50, 16), nn.TransformerEncoder(layer, 1)
        self.head = nn.Linear(16, 3)

    def forward(self, tokens, is_padding):
        inner = self.inner(self.words(tokens), src_key_padding_mask=is_padding)
        return self.head(inner), inner.mean(1)


def masked():
    torch.manual_seed(0)
    tokens = torch.randint(0, 50, (2, 6), generator=torch.Generator().manual_seed(0))
    is_padding = torch.arange(6)[None, :] >= torch.tensor([[6], [4]])
    open_ones = {0: "batch", 1: "sequence"}
    return Tagger(), {"tokens": tokens, "is_padding": is_padding}, {"tokens": open_ones, "is_padding": open_ones}


def bfloat16():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)).to(torch.bfloat16), {"input": rows(2, 4).to(torch.bfloat16)}


def half():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)).half(), {"input": rows(2, 4).half()}


class Optional(nn.Module):
    """Its second argument may be left out; its answer is a dictionary within a dictionary."""

    def forward(self, rows, scale=None):
        return {"scores": rows * 2 if scale is None else rows * scale, "more": {"total": rows.sum(1)}}


def optional():
    return Optional(), (rows(2, 4),)


class Spectrum(nn.Module):
    def forward(self, rows):
        return torch.special.bessel_j0(rows)


def without_counterpart():
    return Spectrum(), {"rows": rows(2, 4)}


class Branching(nn.Module):
    def forward(self, rows):
        return rows * 2 if rows.sum() > 0 else rows - 1


def branching():
    return Branching(), {"rows": rows(2, 4)}


def without_examples():
    return mlp()[0]


class Folding(nn.Module):
    """Fixes the number of rows to that of the example."""

    def forward(self, rows):
        return rows.reshape(2, -1)


def fixed_batch():
    return Folding(), {"rows": rows(2, 4)}


if __name__ == "__main__":
    import numpy as np
    from manifest import OUT, kept, write

    shutil.copy(__file__, OUT)
    np.savez(OUT / "rows.npz", input=np.random.default_rng(0).normal(size=(256, 4)).astype("float32"))
    kept("MLP", "pytorch_models:mlp", "rows.npz")
    kept("CNN", "pytorch_models:cnn")
    kept("RNN with dynamic time", "pytorch_models:rnn")
    kept("transformer", "pytorch_models:transformer")
    module, examples, _ = transformer()
    dims = {"steps": {0: torch.export.Dim("batch", min=1), 1: torch.export.Dim("sequence", min=1)}}
    torch.export.save(torch.export.export(module.eval(), (), kwargs=examples, dynamic_shapes=dims), OUT / "encoder.pt2")
    kept("transformer, exported program", "encoder.pt2")
    module, examples = mlp()
    torch.export.save(torch.export.export(module.eval(), (examples["input"],)), OUT / "fixed.pt2")
    kept("exported program without open dimensions", "fixed.pt2")
    kept("transformer with a mask, a tuple of outputs", "pytorch_models:masked")
    kept("half precision", "pytorch_models:half")
    kept("bfloat16", "pytorch_models:bfloat16", code="convert/pytorch-bfloat16")
    kept("argument left out, nested dictionary", "pytorch_models:optional")
    kept("operator without counterpart", "pytorch_models:without_counterpart", code="convert/pytorch-operators")
    torch.save(module.state_dict(), OUT / "weights.pt")
    kept("weights alone", "weights.pt", code="convert/unknown-artefact")
    kept("branch on values", "pytorch_models:branching", code="convert/pytorch-control-flow")
    kept("no example inputs", "pytorch_models:without_examples", code="convert/pytorch-examples")
    kept("rows fixed in the module", "pytorch_models:fixed_batch")
    kept("no such function", "pytorch_models:nowhere", code="convert/pytorch-function")
    write()
