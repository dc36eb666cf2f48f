"""XGBoost and LightGBM as steps of a pipeline: their converters, registered with skl2onnx where the estimator has such steps."""

from sklearn_parts import all_parts


def is_boosting(part):
    return library_of(part) in REGISTER


def library_of(part):
    return type(part).__module__.partition(".")[0]


def register_boosting(estimator):
    """Importing the libraries takes time, which only those who use them pay."""
    for library in sorted({library_of(part) for part in all_parts(estimator)} & REGISTER.keys()):
        REGISTER[library]()


CLASSIFIER_OPTIONS = {"nocl": [True, False], "zipmap": [True, False, "columns"], "output_class_labels": [True, False], "raw_scores": [True, False]}


def register_xgboost():
    import xgboost
    from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost

    for name in ("XGBClassifier", "XGBRFClassifier"):
        register(getattr(xgboost, name), f"XGBoost{name}", convert_xgboost, CLASSIFIER_OPTIONS)
    for name in ("XGBRegressor", "XGBRFRegressor", "XGBRanker"):
        register(getattr(xgboost, name), f"XGBoost{name}", convert_xgboost)


def register_lightgbm():
    import lightgbm
    from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm

    register(lightgbm.LGBMClassifier, "LightGbmLGBMClassifier", convert_lightgbm, CLASSIFIER_OPTIONS)
    for name in ("LGBMRegressor", "LGBMRanker"):
        register(getattr(lightgbm, name), f"LightGbm{name}", convert_lightgbm, {"split": None})


def register(kind, alias, converter, options=None):
    from skl2onnx import update_registered_converter
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes as labels
    from skl2onnx.common.shape_calculator import calculate_linear_regressor_output_shapes as numbers

    shapes = labels if options is CLASSIFIER_OPTIONS else numbers
    update_registered_converter(kind, alias, shapes, converter, options=options, overwrite=True)


REGISTER = {"xgboost": register_xgboost, "lightgbm": register_lightgbm}
