"""More models of boosting libraries: other objectives, other trees, and some that have no counterpart in ONNX."""

import numpy as np
from manifest import OUT, kept


def xgboost_others(rows, targets, classes, samples):
    import xgboost

    quiet = {"n_estimators": 20, "max_depth": 3, "n_jobs": 1, "random_state": 0}
    groups = [len(rows) // 2, len(rows) - len(rows) // 2]
    positive = np.abs(targets) + 0.1
    models = {
        "ranker": xgboost.XGBRanker(**quiet).fit(rows, classes, group=groups),
        "DART": xgboost.XGBClassifier(booster="dart", rate_drop=0.2, **quiet).fit(rows, classes),
        "counts": xgboost.XGBRegressor(objective="count:poisson", **quiet).fit(rows, positive),
        "gamma": xgboost.XGBRegressor(objective="reg:gamma", **quiet).fit(rows, positive),
        "random forest": xgboost.XGBRFRegressor(**quiet).fit(rows, targets),
        "several targets": xgboost.XGBRegressor(**quiet).fit(rows, np.stack([targets, -targets], axis=1)),
    }
    for name, model in models.items():
        file = f"{name.replace(' ', '-')}.ubj"
        model.save_model(OUT / file)
        kept(name, file, samples, code={"several targets": "convert/xgboost-targets"}.get(name))
    linear = xgboost.train({"booster": "gblinear", "objective": "reg:squarederror"}, xgboost.DMatrix(rows, targets), 10)
    linear.save_model(OUT / "linear.json")
    kept("linear booster", "linear.json", samples, code="convert/xgboost-booster")
    for objective in ("multi:softprob", "binary:logitraw"):
        labels = classes if objective.startswith("multi") else classes > 0
        settings = {"objective": objective, "max_depth": 3, **({"num_class": 3} if objective.startswith("multi") else {})}
        xgboost.train(settings, xgboost.DMatrix(rows, labels), 10).save_model(OUT / f"{objective.replace(':', '-')}.ubj")
        kept(f"plain booster, {objective}", f"{objective.replace(':', '-')}.ubj", samples)


def lightgbm_others(rows, targets, classes, samples):
    import lightgbm

    quiet = {"n_estimators": 20, "num_leaves": 8, "n_jobs": 1, "random_state": 0, "verbose": -1}
    groups = [len(rows) // 2, len(rows) - len(rows) // 2]
    positive = np.abs(targets) + 0.1
    models = {
        "ranker": lightgbm.LGBMRanker(**quiet).fit(rows, classes, group=groups),
        "DART": lightgbm.LGBMClassifier(boosting_type="dart", **quiet).fit(rows, classes),
        "random forest": lightgbm.LGBMRegressor(boosting_type="rf", subsample=0.7, subsample_freq=1, **quiet).fit(rows, targets),
        "counts": lightgbm.LGBMRegressor(objective="poisson", **quiet).fit(rows, positive),
        "quantile": lightgbm.LGBMRegressor(objective="quantile", alpha=0.9, **quiet).fit(rows, targets),
        "one against the rest": lightgbm.LGBMClassifier(objective="multiclassova", **quiet).fit(rows, classes),
        "linear trees": lightgbm.LGBMRegressor(linear_tree=True, **quiet).fit(rows, targets),
    }
    refused = {"linear trees": "convert/lightgbm-linear-trees", "one against the rest": "convert/lightgbm-one-against-the-rest"}
    for name, model in models.items():
        file = f"{name.replace(' ', '-')}.txt"
        model.booster_.save_model(OUT / file)
        kept(name, file, samples, code=refused.get(name))


def catboost_others(rows, targets, classes, samples):
    import catboost

    quiet = {"iterations": 20, "depth": 3, "verbose": False, "allow_writing_files": False, "thread_count": 1, "random_seed": 0}
    positive = np.abs(targets) + 0.1
    models = {
        "counts": catboost.CatBoostRegressor(loss_function="Poisson", **quiet).fit(rows, positive),
        "several targets": catboost.CatBoostRegressor(loss_function="MultiRMSE", **quiet).fit(rows, np.stack([targets, -targets], axis=1)),
        "quantile": catboost.CatBoostRegressor(loss_function="Quantile:alpha=0.9", **quiet).fit(rows, targets),
        "one against the rest": catboost.CatBoostClassifier(loss_function="MultiClassOneVsAll", **quiet).fit(rows, classes),
        "ranker": catboost.CatBoostRanker(loss_function="YetiRank", **quiet).fit(rows, classes, group_id=np.arange(len(rows)) // 50),
    }
    refused = {"several targets": "convert/catboost-targets", "one against the rest": "convert/catboost-one-against-the-rest"}
    for name, model in models.items():
        file = f"{name.replace(' ', '-')}.cbm"
        model.save_model(OUT / file)
        kept(name, file, samples, code=refused.get(name))
    texts = [["good fine"], ["bad worse"], ["so so"]]
    catboost.CatBoostClassifier(text_features=[0], **quiet).fit([texts[kind] for kind in classes], classes).save_model(OUT / "texts.cbm")
    kept("texts", "texts.cbm", code="convert/catboost-categories")
