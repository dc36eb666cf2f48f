"""FunctionTransformer of numpy's own functions, such as `np.log1p`: by what operators, in 64 bits, as numpy computes them."""

from sklearn_graph import add, concatenated, constant
from sklearn_parts import all_parts

# By numpy's name: what makes the value of it.
FUNCTIONS = {
    "absolute": ["Abs"],
    "exp": ["Exp"],
    "expm1": ["Exp", ("Sub", 1)],
    "log": ["Log"],
    "log1p": [("Add", 1), "Log"],
    "log2": ["Log", ("Div", 0.6931471805599453)],
    "log10": ["Log", ("Div", 2.302585092994046)],
    "negative": ["Neg"],
    "reciprocal": ["Reciprocal"],
    "sign": ["Sign"],
    "sqrt": ["Sqrt"],
    "square": [("Pow", 2)],
}


def is_known(part):
    function = getattr(part, "func", None)
    return type(part).__name__ == "FunctionTransformer" and type(function).__name__ == "ufunc" and function.__name__ in FUNCTIONS and not part.kw_args


def register_functions(estimator):
    """Where a step is such a function, and no other, for which skl2onnx has a message of its own."""
    steps = [part for part in all_parts(estimator) if type(part).__name__ == "FunctionTransformer"]
    if not any(map(is_known, steps)) or not all(is_known(step) or step.func is None for step in steps):
        return
    from skl2onnx import update_registered_converter
    from sklearn.preprocessing import FunctionTransformer

    update_registered_converter(FunctionTransformer, "NumpyFunctionTransformer", as_wide_as_inputs, convert_function, overwrite=True)


def as_wide_as_inputs(operator):
    first = operator.inputs[0].type
    widths = [value.type.shape[1] for value in operator.inputs]
    operator.outputs[0].type = type(first)([first.shape[0], None if None in widths else sum(widths)])


def convert_function(scope, operator, container):
    function = operator.raw_operator.func
    value = concatenated(scope, operator, container)
    if function is not None:
        value = add(scope, container, "Cast", [value], to=11)
        for step in FUNCTIONS[function.__name__]:
            kind, *operands = step if isinstance(step, tuple) else (step,)
            value = add(scope, container, kind, [value, *(constant(scope, container, [operand]) for operand in operands)])
    kind = 11 if type(operator.outputs[0].type).__name__ == "DoubleTensorType" else 1
    container.add_node("Cast", [value], [operator.outputs[0].full_name], name=scope.get_unique_operator_name("Cast"), to=kind)
