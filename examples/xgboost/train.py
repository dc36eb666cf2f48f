"""Trains a model that tells malignant from benign breast tumours, on a data set that scikit-learn carries, and keeps it."""

from pathlib import Path

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier

HERE = Path(__file__).parent


def main():
    # Trees split at 32-bit thresholds; training on 32 bits leaves no value between one and its rounding.
    rows, labels = load_breast_cancer(return_X_y=True)
    rows = rows.astype("float32")
    train_rows, test_rows, train_labels, test_labels = train_test_split(rows, labels, random_state=0, stratify=labels)
    model = XGBClassifier(n_estimators=60, max_depth=3, n_jobs=1, random_state=0).fit(train_rows, train_labels)
    print(f"accuracy {model.score(test_rows, test_labels):.3f} on {len(test_labels)} rows that were held out")
    model.save_model(HERE / "model.ubj")


if __name__ == "__main__":
    main()
