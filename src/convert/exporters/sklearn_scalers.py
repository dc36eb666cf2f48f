"""Scalers as scikit-learn computes them: in 64 bits, and rounded once. A tree's threshold may lie between that and what skl2onnx gives."""

from sklearn_graph import add, concatenated, constant
from sklearn_parts import all_parts

SCALERS = ("StandardScaler", "RobustScaler")


def has_scalers(estimator):
    return any(type(part).__name__ in SCALERS for part in all_parts(estimator))


def register_exact_scalers():
    from skl2onnx import update_registered_converter
    from skl2onnx.shape_calculators.scaler import calculate_sklearn_scaler_output_shapes
    from sklearn.preprocessing import RobustScaler, StandardScaler

    for scaler in (StandardScaler, RobustScaler):
        alias = f"Exact{scaler.__name__}"
        update_registered_converter(scaler, alias, calculate_sklearn_scaler_output_shapes, convert_exactly, overwrite=True)


def convert_exactly(scope, operator, container):
    scaler = operator.raw_operator
    value = add(scope, container, "Cast", [concatenated(scope, operator, container)], to=11)
    middle = getattr(scaler, "mean_", None) if hasattr(scaler, "mean_") else getattr(scaler, "center_", None)
    if middle is not None and getattr(scaler, "with_mean", True) and getattr(scaler, "with_centering", True):
        value = add(scope, container, "Sub", [value, constant(scope, container, middle)])
    if scaler.scale_ is not None:
        value = add(scope, container, "Div", [value, constant(scope, container, scaler.scale_)])
    container.add_node("Cast", [value], [operator.outputs[0].full_name], name=scope.get_unique_operator_name("Cast"), to=1)
