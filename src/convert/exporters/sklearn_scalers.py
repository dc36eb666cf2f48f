"""Scalers as scikit-learn computes them: in 64 bits, and rounded once. A tree's threshold may lie between that and what skl2onnx gives."""

import numpy
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
    from skl2onnx.operator_converters.common import concatenate_variables

    scaler = operator.raw_operator
    source = operator.inputs[0].full_name if len(operator.inputs) == 1 else concatenate_variables(scope, operator.inputs, container)
    value = add(scope, container, "Cast", [source], to=11)
    middle = getattr(scaler, "mean_", None) if hasattr(scaler, "mean_") else getattr(scaler, "center_", None)
    if middle is not None and getattr(scaler, "with_mean", True) and getattr(scaler, "with_centering", True):
        value = add(scope, container, "Sub", [value, constant(scope, container, middle)])
    if scaler.scale_ is not None:
        value = add(scope, container, "Div", [value, constant(scope, container, scaler.scale_)])
    container.add_node("Cast", [value], [operator.outputs[0].full_name], name=scope.get_unique_operator_name("Cast"), to=1)


def add(scope, container, kind, inputs, **attributes):
    name = scope.get_unique_variable_name(kind.lower())
    container.add_node(kind, inputs, [name], name=scope.get_unique_operator_name(kind), **attributes)
    return name


def constant(scope, container, values):
    name = scope.get_unique_variable_name("scaling")
    container.add_initializer(name, 11, [len(values)], numpy.asarray(values, dtype="float64").tolist())
    return name
