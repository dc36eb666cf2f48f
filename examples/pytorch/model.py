"""A small transformer encoder that tells whether the brackets of a text are balanced, for texts of any length."""

import torch

BRACKETS = "()[]"
WIDTH = 32


class Encoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(len(BRACKETS), WIDTH)
        layer = torch.nn.TransformerEncoderLayer(WIDTH, nhead=4, dim_feedforward=64, batch_first=True, dropout=0.0)
        self.encoder = torch.nn.TransformerEncoder(layer, num_layers=2)
        self.head = torch.nn.Linear(WIDTH, 2)

    def forward(self, tokens):
        """`tokens`: [batch, sequence], places in BRACKETS; gives the probabilities of unbalanced and balanced, [batch, 2]."""
        hidden = self.encoder(self.embedding(tokens))
        return {"probabilities": torch.softmax(self.head(hidden.mean(dim=1)), dim=-1)}


def trained():
    """Plimsoll calls this: the trained module, example inputs, and which of their dimensions are open."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    random = torch.Generator().manual_seed(0)
    model = Encoder()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(60):
        tokens = torch.randint(0, len(BRACKETS), (64, 6), generator=random)
        tokens[::2] = mirrored(tokens[::2, :3])
        labels = torch.tensor([is_balanced(row) for row in tokens.tolist()], dtype=torch.long)
        loss = torch.nn.functional.nll_loss(torch.log(model(tokens)["probabilities"]), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    examples = {"tokens": torch.tensor([[0, 2, 3, 1], [0, 1, 2, 2]])}
    return model, examples, {"tokens": {0: "batch", 1: "sequence"}}


def mirrored(half):
    """Opening brackets, and what closes them in turn: half of all rows at random would hardly ever be balanced."""
    opening = half // 2 * 2
    return torch.cat([opening, opening.flip(1) + 1], dim=1)


def is_balanced(places):
    waiting = []
    for place in places:
        if place % 2 == 0:
            waiting.append(place + 1)
        elif not waiting or waiting.pop() != place:
            return False
    return not waiting
