"""Nodes and constants in the graph that skl2onnx is making."""

import numpy


def concatenated(scope, operator, container):
    """The inputs of an operator side by side, as one value."""
    from skl2onnx.operator_converters.common import concatenate_variables

    return operator.inputs[0].full_name if len(operator.inputs) == 1 else concatenate_variables(scope, operator.inputs, container)


def add(scope, container, kind, inputs, **attributes):
    name = scope.get_unique_variable_name(kind.lower())
    container.add_node(kind, inputs, [name], name=scope.get_unique_operator_name(kind), **attributes)
    return name


def constant(scope, container, values):
    """64-bit numbers."""
    name = scope.get_unique_variable_name("constant")
    container.add_initializer(name, 11, [len(values)], numpy.asarray(values, dtype="float64").tolist())
    return name
