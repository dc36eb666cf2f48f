"""Loads what scikit-learn kept, and runs code of a file only where that was allowed."""

import gc
import importlib
import operator
import sys
import warnings
from pathlib import Path

import sklearn
from conversation import Refusal

# As a vectorizer's preprocessor may be, such as `methodcaller("lower")`.
CALLER = "operator.methodcaller"

# Methods of a text that change nothing but what they give back.
HARMLESS_METHODS = {"casefold", "lower", "removeprefix", "removesuffix", "replace", "strip", "swapcase", "title", "translate", "upper"}


def load(request):
    path = request["artefact"]
    if path.endswith(".skops") and not request["allowCode"]:
        # skops before 0.16 imports the module that a file names for a loss, before anything is trusted.
        sys.path.remove(request["folder"])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator = load_skops(path, request["allowCode"]) if path.endswith(".skops") else load_pickle(path, request["allowCode"])
    for warning in caught:
        if type(warning.message).__name__ == "InconsistentVersionWarning":
            refuse_other_version(path, warning.message.original_sklearn_version)
    if not hasattr(estimator, "get_params") and not hasattr(estimator, "predict") and not hasattr(estimator, "transform"):
        raise Refusal(
            "convert/sklearn-no-estimator",
            f"{Path(path).name} holds a {type(estimator).__name__}, which is no estimator of scikit-learn",
            "Keep the fitted estimator or pipeline by itself.",
        )
    return estimator


def refuse_other_version(path, version):
    """Other versions load many files with a warning, and answer otherwise."""
    if version.split(".")[:2] == sklearn.__version__.split(".")[:2]:
        return
    raise Refusal(
        "convert/version",
        f"{Path(path).name} was kept with scikit-learn {version}, and this environment has {sklearn.__version__}",
        f"Give the environment scikit-learn {version} in your list of packages, or leave the key requirements out.",
    )


def load_pickle(path, allow_code):
    if not allow_code:
        raise Refusal(
            "convert/code",
            f"{Path(path).name} is a pickle, and loading a pickle runs whatever code is in it",
            "Keep the model with skops.io.dump(model, 'model.skops'), which loads without running code; or, where you trust "
            "whoever made the file, set allowCode: true beside `from` in plimsoll.yaml, or give --allow-code.",
        )
    import joblib

    return joblib.load(path)


def load_skops(path, allow_code):
    from skops.io import get_untrusted_types
    from skops.io import load as load_trusted

    try:
        types = get_untrusted_types(file=path)
    except ModuleNotFoundError as error:
        if allow_code:
            raise
        raise strange_types(path, [error.name]) from error
    strange = [name for name in types if not is_fitted_state(name) and name != CALLER]
    if strange and not allow_code:
        raise strange_types(path, strange)
    before = {id(caller) for caller in callers()}
    estimator = load_trusted(path, trusted=types)
    # Making a caller calls nothing; what it would call can only be told from the object itself.
    strange = [f"{CALLER}({name!r})" for caller in callers() if id(caller) not in before and (name := method_of(caller)) not in HARMLESS_METHODS]
    if strange and not allow_code:
        raise strange_types(path, strange)
    return estimator


def strange_types(path, names):
    return Refusal(
        "convert/code",
        f"{Path(path).name} holds types that skops does not know to be harmless: {', '.join(names)}",
        "Use only estimators of scikit-learn, XGBoost and LightGBM, and functions of numpy and scipy; or, where you trust whoever made the "
        "file, set allowCode: true beside `from` in plimsoll.yaml, or give --allow-code.",
    )


# What XGBoost and LightGBM keep of a model, which their own readers take as they take its file.
BOOSTERS = {"xgboost.core.Booster", "lightgbm.basic.Booster", "collections.OrderedDict"}
BOOSTING_MODULES = {"xgboost.sklearn", "lightgbm.sklearn"}


# Called by estimators of scikit-learn on the rows alone; a function of another module may do anything.
FUNCTIONS = {"functools.partial", "sklearn.utils.validation.check_array"}
FUNCTION_MODULES = ("sklearn.feature_selection.", "sklearn.metrics.")


def is_fitted_state(name):
    """Classes of scikit-learn, such as the trees of a forest, of its likes, and numpy's types hold what was fitted; making them runs nothing."""
    module, _, kind = name.rpartition(".")
    if module == COMPILED_AS:
        return is_compiled_loss(kind)
    if name == "numpy.dtype" or module == "numpy.dtypes" or name in BOOSTERS | FUNCTIONS or name.startswith(FUNCTION_MODULES):
        return True
    if not module.startswith(("sklearn.", "scipy.sparse.")) and module not in BOOSTING_MODULES:
        return False
    return isinstance(getattr(importlib.import_module(module), kind, None), type)


# scikit-learn 1.5 to 1.8 compile their losses under a name without a package, under which skops keeps and looks for them.
COMPILED_AS = "_loss"


def is_compiled_loss(kind):
    """Whether looking for that name finds scikit-learn's own class, and not one of another module that is called so."""
    losses = importlib.import_module("sklearn._loss._loss")
    found = getattr(losses, kind, None)
    return sys.modules.get(COMPILED_AS) is losses and isinstance(found, type) and found.__module__ == COMPILED_AS


def callers():
    return [value for value in gc.get_objects() if type(value) is operator.methodcaller]


def method_of(caller):
    make, arguments = caller.__reduce__()[:2]
    return arguments[0] if make is operator.methodcaller else make.args[0]
