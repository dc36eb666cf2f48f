"""Trains a model of how far diabetes will have gone in a year, on a data set that scikit-learn carries, and keeps it."""

from pathlib import Path

from lightgbm import LGBMRegressor
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

HERE = Path(__file__).parent


def main():
    rows, targets = load_diabetes(return_X_y=True)
    rows = rows.astype("float32")
    train_rows, test_rows, train_targets, test_targets = train_test_split(rows, targets, random_state=0)
    model = LGBMRegressor(n_estimators=80, num_leaves=8, learning_rate=0.05, n_jobs=1, random_state=0, verbose=-1)
    model.fit(train_rows, train_targets)
    print(f"R² {model.score(test_rows, test_targets):.3f} on {len(test_targets)} rows that were held out")
    model.booster_.save_model(HERE / "model.txt")


if __name__ == "__main__":
    main()
