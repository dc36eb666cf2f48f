"""Writes cases/: one JSON file is one request with the answer that scikit-learn gives to it."""

import json
import unicodedata

TOLERANCE = 1e-5


def write_cases(folder, pipeline, held_out, odd):
    """Writes odd and held-out tickets, alone and in batches; gives their number."""
    held_out = iter(held_out)
    batches = {f"odd-{name}": [text] for name, text in odd.items()}
    batches["odd-together-06-without-words"] = list(odd.values())[:6]
    batches["odd-together-32"] = list(odd.values())[:32]
    for number in range(1, 13):
        batches[f"held-out-{number:02}"] = [next(held_out)]
    for size in (7, 16, 32):
        batches[f"held-out-together-{size:02}"] = [next(held_out) for _ in range(size)]

    folder.mkdir(exist_ok=True)
    for stale in [*folder.glob("odd-*.json"), *folder.glob("held-out-*.json")]:
        stale.unlink()
    for name, texts in batches.items():
        case = render_case(name, texts, pipeline.predict(texts), pipeline.predict_proba(texts))
        (folder / f"{name}.json").write_text(case, encoding="utf-8", newline="\n")
    return sum(map(len, batches.values()))


def render_case(name, texts, labels, probabilities):
    rows = [[round(float(value), 9) for value in row] for row in probabilities]
    text = f"""{{
  "schema": "plimsoll.case/1",
  "name": {json.dumps(name)},
  "inputs": [
    {render_tensor("text", "BYTES", [len(texts)], [[text] for text in texts])}
  ],
  "outputs": [
    {render_tensor("label", "BYTES", [len(texts)], [[label] for label in labels])},
    {render_tensor("probabilities", "FP32", [len(texts), len(rows[0])], rows)}
  ],
  "tolerance": {{ "probabilities": {{ "absolute": {TOLERANCE} }} }}
}}
"""
    return "".join(show(character) for character in text)


def render_tensor(name, datatype, shape, rows):
    """Renders a tensor of the Open Inference Protocol with one ticket on a line."""
    lines = ",\n      ".join(json.dumps(row, ensure_ascii=False)[1:-1] for row in rows)
    return f'{{ "name": "{name}", "datatype": "{datatype}", "shape": {shape}, "data": [\n      {lines}\n    ] }}'


def show(character):
    """Escapes what a reader could not see or an editor might change."""
    visible = character.isprintable() and not unicodedata.combining(character)
    return character if visible or character == "\n" else json.dumps(character)[1:-1]
