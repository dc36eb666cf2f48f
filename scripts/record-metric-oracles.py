"""Records what scikit-learn's own functions say of made-up labelled rows, for the metrics to be held against.

Run with numpy and scikit-learn: python scripts/record-metric-oracles.py [FILE]
"""

import json
import sys
from pathlib import Path

import numpy
import sklearn
from sklearn import metrics
from sklearn.calibration import calibration_curve

FILE = Path(__file__).parent.parent / "test" / "verify" / "metrics" / "oracles.json"
ROWS = 60


def main():
    random = numpy.random.default_rng(7)
    cases = [classification(random, classes, tied) for classes in (2, 3, 5) for tied in (False, True)]
    cases += [regression(random, scale) for scale in (0.1, 3.0)]
    cases += [ranking(random, tied) for tied in (False, True)]
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    target.write_text(json.dumps({"scikit-learn": sklearn.__version__, "cases": cases}) + "\n", encoding="utf-8")


def classification(random, classes, tied):
    labels = numpy.concatenate([numpy.arange(classes), random.integers(0, classes, ROWS - classes)])
    scores = random.dirichlet(numpy.ones(classes), ROWS)
    scores[numpy.arange(ROWS), labels] += 0.3
    scores = scores / scores.sum(axis=1, keepdims=True)
    if tied:
        scores = numpy.round(scores * 8) + 1
        scores = scores / scores.sum(axis=1, keepdims=True)
    predicted = scores.argmax(axis=1)
    weights = random.integers(1, 4, ROWS).astype(float)
    places = numpy.arange(classes)

    def auc(weight):
        if classes == 2:
            return metrics.roc_auc_score(labels, scores[:, 1], sample_weight=weight)
        return numpy.mean([metrics.roc_auc_score(labels == place, scores[:, place], sample_weight=weight) for place in places])

    def of(weight):
        return {
            "accuracy": metrics.accuracy_score(labels, predicted, sample_weight=weight),
            "balancedAccuracy": metrics.balanced_accuracy_score(labels, predicted, sample_weight=weight),
            "f1": metrics.f1_score(labels, predicted, average="macro", sample_weight=weight),
            "logLoss": metrics.log_loss(labels, scores, labels=places, sample_weight=weight),
            "auc": auc(weight),
            "recall@1": metrics.top_k_accuracy_score(labels, scores, k=1, labels=places, sample_weight=weight) if classes > 2 and not tied else None,
            "recall@2": metrics.top_k_accuracy_score(labels, scores, k=2, labels=places, sample_weight=weight) if classes > 2 and not tied else None,
        }

    # One against the rest is also what roc_auc_score gives by itself, where rows weigh the same.
    if classes > 2 and not tied:
        assert abs(auc(None) - metrics.roc_auc_score(labels, scores, multi_class="ovr")) < 1e-12
    plain = of(None)
    plain["calibrationError"] = calibration_error(labels, predicted, scores, classes)
    return {
        "kind": "classes",
        "classes": classes,
        "labels": labels.tolist(),
        "scores": scores.ravel().tolist(),
        "weights": weights.tolist(),
        "plain": plain,
        "weighted": of(weights),
    }


def calibration_error(labels, predicted, scores, classes):
    """Of the bins that calibration_curve makes, each by its number of rows."""
    chosen = numpy.ones(len(labels), dtype=int) if classes == 2 else predicted
    confidence = numpy.clip(scores[numpy.arange(len(labels)), chosen], 0, 1)
    right = (labels == chosen).astype(int)
    truth, score = calibration_curve(right, confidence, n_bins=10, strategy="uniform")
    edges = numpy.linspace(0, 1, 11)
    counts = numpy.bincount(numpy.searchsorted(edges[1:-1], confidence), minlength=10)
    return float(numpy.sum(numpy.abs(truth - score) * counts[counts > 0]) / counts.sum())


def regression(random, scale):
    labels = random.normal(5, 2, ROWS)
    predicted = labels + random.normal(0.2, scale, ROWS)
    weights = random.integers(1, 4, ROWS).astype(float)

    def of(weight):
        return {
            "rmse": metrics.root_mean_squared_error(labels, predicted, sample_weight=weight),
            "mae": metrics.mean_absolute_error(labels, predicted, sample_weight=weight),
            "r2": metrics.r2_score(labels, predicted, sample_weight=weight),
        }

    return {
        "kind": "values",
        "labels": labels.tolist(),
        "predicted": predicted.tolist(),
        "weights": weights.tolist(),
        "plain": of(None),
        "weighted": of(weights),
    }


def ranking(random, tied):
    queries, size = 12, 8
    relevance = random.integers(0, 4, (queries, size)).astype(float)
    scores = random.normal(0, 1, (queries, size)) + relevance / 2
    if tied:
        scores = numpy.round(scores)
    weights = random.integers(1, 4, queries).astype(float)

    def of(weight):
        found = {f"ndcg@{k}": metrics.ndcg_score(relevance, scores, k=k, sample_weight=weight) for k in (3, 8)}
        if not tied:
            first = numpy.argsort(-scores, axis=1, kind="stable")[:, :3]
            chosen = numpy.zeros_like(scores, dtype=int)
            numpy.put_along_axis(chosen, first, 1, axis=1)
            found["recall@3"] = metrics.recall_score((relevance > 0).astype(int), chosen, average="samples", sample_weight=weight)
        return found

    return {
        "kind": "queries",
        "size": size,
        "scores": scores.ravel().tolist(),
        "relevance": relevance.ravel().tolist(),
        "weights": weights.tolist(),
        "plain": of(None),
        "weighted": of(weights),
    }


if __name__ == "__main__":
    main()
