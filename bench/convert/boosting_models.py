"""Models of the boosting library that this environment has, with missing values and without."""

import importlib.util

import numpy as np
from boosting_others import catboost_others, lightgbm_others, xgboost_others
from manifest import OUT, kept, write, write_rows

RANDOM = np.random.default_rng(0)
COUNT, WIDTH = 400, 8
ROWS = RANDOM.normal(size=(COUNT, WIDTH)).astype("float32")
HOLED = np.where(RANDOM.random(ROWS.shape) < 0.15, np.nan, ROWS).astype("float32")
TARGETS = (ROWS[:, 0] * 3 + np.abs(ROWS[:, 1]) + RANDOM.normal(0, 0.1, COUNT)).astype("float32")
BINARY = (TARGETS > 1).astype(int)
CLASSES = np.digitize(TARGETS, [-1, 1])
SETS = {"": ROWS, ", missing values": HOLED}


def samples_of(rows, name, columns=None):
    return write_rows(name, rows, columns or [f"x{place}" for place in range(rows.shape[1])])


def each():
    for what, rows in SETS.items():
        samples = samples_of(rows, f"rows{'-holed' if what else ''}.csv")
        for task, labels in (("regressor", TARGETS), ("binary", BINARY), ("multiclass", CLASSES)):
            yield f"{task}{what}", rows, labels, task, samples


def xgboost_models():
    import xgboost

    for kind, rows, labels, task, samples in each():
        maker = xgboost.XGBRegressor if task == "regressor" else xgboost.XGBClassifier
        model = maker(n_estimators=40, max_depth=3, n_jobs=1, random_state=0).fit(rows, labels)
        ending = "json" if task == "binary" else "ubj"
        file = f"{kind.replace(', ', '-').replace(' ', '-')}.{ending}"
        model.save_model(OUT / file)
        kept(kind, file, samples)
    booster = xgboost.train({"objective": "binary:logistic", "max_depth": 3}, xgboost.DMatrix(HOLED, BINARY), 20)
    booster.save_model(OUT / "booster.ubj")
    kept("plain booster, missing values", "booster.ubj", samples_of(HOLED, "rows-holed.csv"))
    import pandas

    names = [f"column {place}" for place in range(WIDTH)]
    model = xgboost.XGBClassifier(n_estimators=10).fit(pandas.DataFrame(ROWS, columns=names), BINARY)
    model.save_model(OUT / "named.json")
    kept("fitted on a data frame", "named.json", samples_of(ROWS, "named.csv", names))
    early = xgboost.XGBRegressor(n_estimators=100, early_stopping_rounds=2, eval_metric="rmse", random_state=0)
    early.fit(ROWS[:300], TARGETS[:300], eval_set=[(ROWS[300:], TARGETS[300:])], verbose=False).save_model(OUT / "early.ubj")
    kept("early stopping", "early.ubj", samples_of(ROWS, "rows.csv"))
    frame = pandas.DataFrame({"size": ROWS[:, 0], "colour": pandas.Categorical(RANDOM.choice(["red", "green", "blue"], COUNT))})
    labels = ((frame["colour"] == "red") ^ (frame["size"] > 0)).astype(int)
    xgboost.XGBClassifier(n_estimators=10, enable_categorical=True).fit(frame, labels).save_model(OUT / "categories.json")
    kept("categories", "categories.json", code="convert/xgboost-categories")


def lightgbm_models():
    import lightgbm

    for kind, rows, labels, task, samples in each():
        maker = lightgbm.LGBMRegressor if task == "regressor" else lightgbm.LGBMClassifier
        model = maker(n_estimators=40, num_leaves=8, n_jobs=1, random_state=0, verbose=-1).fit(rows, labels)
        file = f"{kind.replace(', ', '-').replace(' ', '-')}.txt"
        model.booster_.save_model(OUT / file)
        kept(kind, file, samples)
    rows = np.column_stack([ROWS[:, 0], RANDOM.integers(0, 5, COUNT)])
    labels = (np.isin(rows[:, 1], [1, 3]) ^ (rows[:, 0] > 0)).astype(int)
    model = lightgbm.LGBMClassifier(n_estimators=10, verbose=-1).fit(rows, labels, categorical_feature=[1])
    model.booster_.save_model(OUT / "categories.txt")
    kept("categories", "categories.txt", samples_of(rows, "categories.csv"))
    kept("categories, rows made up", "categories.txt")
    model = lightgbm.LGBMRegressor(n_estimators=300, num_leaves=31, n_jobs=1, verbose=-1).fit(ROWS, TARGETS * 1000)
    model.booster_.save_model(OUT / "many-trees.txt")
    kept("regressor, 300 trees", "many-trees.txt", samples_of(ROWS, "rows.csv"))


def catboost_models():
    import catboost

    quiet = {"verbose": False, "allow_writing_files": False, "thread_count": 1, "random_seed": 0}
    for kind, rows, labels, task, samples in each():
        maker = catboost.CatBoostRegressor if task == "regressor" else catboost.CatBoostClassifier
        file = f"{kind.replace(', ', '-').replace(' ', '-')}.cbm"
        maker(iterations=40, depth=3, **quiet).fit(rows, labels).save_model(OUT / file)
        kept(kind, file, samples)
    texts = np.array(["stays", "leaves"])[BINARY]
    catboost.CatBoostClassifier(iterations=20, depth=3, **quiet).fit(ROWS, texts).save_model(OUT / "text-labels.cbm")
    kept("text labels", "text-labels.cbm", samples_of(ROWS, "rows.csv"))
    rows = [[float(row[0]), colour] for row, colour in zip(ROWS, RANDOM.choice(["red", "green"], COUNT))]
    catboost.CatBoostClassifier(iterations=5, cat_features=[1], **quiet).fit(rows, BINARY).save_model(OUT / "categories.cbm")
    kept("categories", "categories.cbm", code="convert/catboost-categories")


MAKERS = (
    ("xgboost", xgboost_models, xgboost_others),
    ("lightgbm", lightgbm_models, lightgbm_others),
    ("catboost", catboost_models, catboost_others),
)

if __name__ == "__main__":
    for name, make, make_others in MAKERS:
        if importlib.util.find_spec(name):
            make()
            make_others(ROWS, TARGETS, CLASSES, samples_of(ROWS, "rows.csv"))
            break
    write()
