"""Neighbours that weigh by distance, which skl2onnx (to 1.20) weighs alike: it turns distances negative, and takes the larger of each and 1e-6."""

from sklearn_parts import all_parts

# Weights are divided by their sum, so that a factor changes nothing but how small a distance counts as none: below 1e-20.
FACTOR = 1e14


def register_distance_weights(estimator):
    if not any(weighs_by_distance(part) for part in all_parts(estimator)):
        return
    import numpy
    from skl2onnx.algebra.onnx_ops import OnnxAbs, OnnxMul
    from skl2onnx.operator_converters import nearest_neighbours

    convert, nearest = nearest_neighbours._convert_nearest_neighbors, nearest_neighbours.onnx_nearest_neighbors_indices_k

    def nearest_by_distance(*args, dtype, op_version, **keys):
        indices, distances = nearest(*args, dtype=dtype, op_version=op_version, **keys)
        positive = OnnxAbs(distances, op_version=op_version)
        return indices, OnnxMul(positive, numpy.array([FACTOR], dtype=dtype), op_version=op_version)

    def convert_by_distance(operator, container, *args, **keys):
        if not weighs_by_distance(operator.raw_operator):
            return convert(operator, container, *args, **keys)
        nearest_neighbours.onnx_nearest_neighbors_indices_k = nearest_by_distance
        try:
            return convert(operator, container, *args, **keys)
        finally:
            nearest_neighbours.onnx_nearest_neighbors_indices_k = nearest

    nearest_neighbours._convert_nearest_neighbors = convert_by_distance


def weighs_by_distance(part):
    return type(part).__name__ in ("KNeighborsClassifier", "KNeighborsRegressor") and part.weights == "distance"
