"""Trains the ticket classifier, exports it to model.onnx, and writes scikit-learn's own answers to cases/."""

import argparse
import copy
import csv
import string
from pathlib import Path

import onnxruntime
from onnx import checker
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import StringTensorType
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline

from case_files import write_cases
from check_cases import compare_all
from odd_tickets import ODD_TICKETS

HERE = Path(__file__).parent

# scikit-learn lower-cases and splits by Python's Unicode tables, onnxruntime by those of a locale and of RE2. They
# agree where no table is asked: only A to Z are folded (the locale "C", which needs no file on any system), and the
# letters of a word are listed. Whatever is not listed ends a word; a Japanese character is a word of its own.
LATIN = "a-z0-9\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
JAPANESE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
WORD = f"[{LATIN}]+|[{JAPANESE}]"
FOLD_ASCII = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def fold_ascii(text):
    return text.translate(FOLD_ASCII)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=Path, default=HERE / "tickets.csv")
    parser.add_argument("--output", type=Path, default=HERE, help="folder for model.onnx and cases/")
    arguments = parser.parse_args()

    texts, categories = read_tickets(arguments.tickets)
    train_texts, test_texts, train_categories, test_categories = train_test_split(
        texts, categories, test_size=0.2, random_state=0, stratify=categories
    )
    pipeline = train(train_texts, train_categories)
    counts = f"{len(train_texts)} to train on, {len(test_texts)} held out, {len(set(categories))} categories"
    print(f"tickets        {counts}")
    print(f"accuracy       {pipeline.score(test_texts, test_categories):.3f} on the held-out tickets")

    model = export(pipeline)
    print(f"model.onnx     {len(model)} bytes, {len(pipeline['words'].vocabulary_)} words and pairs of words")
    largest = assert_same_answers(pipeline, model, test_texts)
    print(f"difference     {largest:.1e} at most between scikit-learn and model.onnx")

    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / "model.onnx").write_bytes(model)
    count = write_cases(arguments.output / "cases", pipeline, test_texts, ODD_TICKETS)
    print(f"cases          {count} tickets")


def read_tickets(path):
    if not path.exists():
        raise SystemExit(f"{path} is missing: run make_data.py first")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["category"] for row in rows]


def train(texts, categories):
    words = TfidfVectorizer(preprocessor=fold_ascii, token_pattern=WORD, ngram_range=(1, 2), min_df=3)
    classifier = LogisticRegression(C=10, solver="newton-cg", tol=1e-6)
    pipeline = Pipeline([("words", words), ("classifier", classifier)]).fit(texts, categories)
    # Other processors add in another order and differ in the tenth digit; rounding gives all of them the same model.
    classifier.coef_, classifier.intercept_ = classifier.coef_.round(3), classifier.intercept_.round(3)
    return pipeline


def export(pipeline):
    """Gives the bytes of the ONNX model; the same pipeline always gives the same bytes."""
    # skl2onnx cannot convert a preprocessor, but what fold_ascii does is what StringNormalizer does in the locale "C".
    convertible = copy.deepcopy(pipeline)
    convertible["words"].set_params(preprocessor=None, lowercase=True)
    model = convert_sklearn(
        convertible,
        name="ticket-classifier",
        initial_types=[("text", StringTensorType([None]))],
        options={id(convertible["words"]): {"locale": "C"}, id(convertible["classifier"]): {"zipmap": False}},
        target_opset=18,
    )
    # skl2onnx lists the opsets in the order of a set, which differs from run to run.
    opsets = sorted(model.opset_import, key=lambda opset: opset.domain)
    del model.opset_import[:]
    model.opset_import.extend(opsets)
    for value in [*model.graph.input, *model.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def assert_same_answers(pipeline, model, texts):
    """Gives the largest difference of a probability; ends the program where the model answers otherwise."""
    odd = list(ODD_TICKETS.values())
    # The odd ones alone and together, since a batch pads its shorter tickets.
    batches = {"held-out": texts, "odd together": odd, **{name: [text] for name, text in ODD_TICKETS.items()}}
    cases = [(name, batch, pipeline.predict(batch), pipeline.predict_proba(batch)) for name, batch in batches.items()]
    largest, faults = compare_all(onnxruntime.InferenceSession(model), cases)
    if faults:
        raise SystemExit("\n".join(["model.onnx does not answer as scikit-learn does:", *faults]))
    return largest


if __name__ == "__main__":
    main()
