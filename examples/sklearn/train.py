"""Trains the ticket classifier, keeps it as model.skops, and writes scikit-learn's own answers to cases/."""

import operator
import string
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from skops import io

from case_files import write_cases
from make_data import COUNT, SEED, make_tickets
from odd_tickets import ODD_TICKETS

HERE = Path(__file__).parent

# scikit-learn lower-cases and splits by Python's Unicode tables, onnxruntime by those of a locale and of RE2. They
# agree where no table is asked: only A to Z are folded, which Plimsoll tells from what this does to each letter, and
# the letters of a word are listed. Whatever is not listed ends a word; a Japanese character is a word of its own.
FOLD_ASCII = operator.methodcaller("translate", str.maketrans(string.ascii_uppercase, string.ascii_lowercase))
LATIN = "a-z0-9\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
JAPANESE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
WORD = f"[{LATIN}]+|[{JAPANESE}]"


def main():
    tickets = make_tickets(COUNT, SEED)
    texts, categories = [text for text, _ in tickets], [category for _, category in tickets]
    train_texts, test_texts, train_categories, test_categories = train_test_split(
        texts, categories, test_size=0.2, random_state=0, stratify=categories
    )
    pipeline = train(train_texts, train_categories)
    counts = f"{len(train_texts)} to train on, {len(test_texts)} held out, {len(set(categories))} categories"
    print(f"tickets   {counts}")
    print(f"accuracy  {pipeline.score(test_texts, test_categories):.3f} on the held-out tickets")
    print(f"words     {len(pipeline['words'].vocabulary_)} words and pairs of words")
    io.dump(pipeline, HERE / "model.skops")
    print(f"cases     {write_cases(HERE / 'cases', pipeline, test_texts, ODD_TICKETS)} tickets")


def train(texts, categories):
    words = TfidfVectorizer(preprocessor=FOLD_ASCII, token_pattern=WORD, ngram_range=(1, 2), min_df=3)
    classifier = LogisticRegression(C=10, solver="newton-cg", tol=1e-6)
    pipeline = Pipeline([("words", words), ("classifier", classifier)]).fit(texts, categories)
    # Other processors add in another order and differ in the tenth digit; rounding gives all of them the same model.
    classifier.coef_, classifier.intercept_ = classifier.coef_.round(3), classifier.intercept_.round(3)
    return pipeline


if __name__ == "__main__":
    main()
