"""How the scripts for scikit-learn keep an estimator; of versions that are not the newest, those kinds alone that people keep most."""

import joblib
import sklearn
from manifest import OUT, kept
from skops import io

NEWEST = "1.9."
OF_EVERY_VERSION = {
    "linear",
    "linear, as joblib",
    "linear, as a pickle",
    "trees behind a scaler",
    "scores alone",
    "MLP",
    "boosting",
    "regressor, trees",
    "regressor, boosting",
    "regressor, neighbours by distance",
    "boosting, missing values",
    "imputer",
    "columns, missing strings",
    "columns with text",
    "text pipeline",
    "step, a logarithm",
    "XGBoost behind a scaler",
    "LightGBM behind a scaler",
}


def keep(kind, model, ending="skops", samples=None, code=None, **keys):
    if not sklearn.__version__.startswith(NEWEST) and kind not in OF_EVERY_VERSION:
        return
    file = f"{kind.replace(' ', '-').replace(',', '')}.{ending}"
    if ending == "skops":
        io.dump(model, OUT / file)
    else:
        joblib.dump(model, OUT / file)
        keys.setdefault("allowCode", True)
    kept(kind, file, samples, code, **keys)
