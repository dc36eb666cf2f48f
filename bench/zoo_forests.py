"""
Models of tables that scikit-learn, XGBoost and LightGBM have fitted, by their converters, for bench/memory-figures.ts.

    uv pip install scikit-learn==1.9.1 skl2onnx==1.20.0 onnx==1.23.2 'protobuf<7' xgboost-cpu==3.2.0 lightgbm==4.7.0 onnxmltools==1.16.0 pandas
    python bench/zoo_forests.py FOLDER [NAME...]
"""

import json
import pathlib
import sys

import lightgbm
import numpy as np
import onnx
import onnxmltools
import xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from skl2onnx import to_onnx
from sklearn import ensemble, gaussian_process, neighbors, neural_network, pipeline, preprocessing, svm
from zoo_builder import name_rows

random = np.random.default_rng(0)


def table(rows, columns, classes):
    x = random.standard_normal((rows, columns)).astype(np.float32)
    score = np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.3 * random.standard_normal(rows)
    return x, score.astype(np.float32) if classes == 0 else np.digitize(score, np.quantile(score, np.linspace(0, 1, classes + 1)[1:-1]))


def sklearn(estimator, rows=4000, columns=20, classes=0):
    def build():
        x, y = table(rows, columns, classes)
        estimator.fit(x, y)
        return to_onnx(estimator, x[:1], options={"zipmap": False} if classes else None)
    return build


def boosted(estimator, convert, rows=20_000, columns=30, classes=0, **options):
    def build():
        x, y = table(rows, columns, classes)
        estimator.fit(x, y)
        return convert(estimator, initial_types=[("input", FloatTensorType([None, columns]))], **options)
    return build


B = lambda *sizes: [{"batch": size} for size in sizes]

ZOO = {
    "sk_forest": (sklearn(ensemble.RandomForestClassifier(200, n_jobs=2), rows=12_000, classes=4), B(1, 64, 512)),
    "sk_extra": (sklearn(ensemble.ExtraTreesRegressor(150, n_jobs=2), rows=10_000), B(1, 64, 1024)),
    "sk_histogram": (sklearn(ensemble.HistGradientBoostingClassifier(max_iter=150), rows=10_000, classes=3), B(1, 64, 2048)),
    "sk_neighbours": (sklearn(neighbors.KNeighborsClassifier(5), rows=3000, classes=3), B(1, 32, 256)),
    "sk_process": (sklearn(gaussian_process.GaussianProcessRegressor(), rows=600, columns=8), B(1, 32, 512)),
    "sk_vectors": (sklearn(svm.SVC(probability=True), rows=3000, classes=3), B(1, 64, 1024)),
    "sk_network": (sklearn(pipeline.make_pipeline(preprocessing.PolynomialFeatures(2), preprocessing.StandardScaler(), neural_network.MLPClassifier((256, 128), max_iter=5)), classes=3), B(1, 64, 4096)),
    "xgb_deep": (boosted(xgboost.XGBRegressor(n_estimators=400, max_depth=10, n_jobs=2), onnxmltools.convert_xgboost), B(1, 64, 512)),
    "lgb_leaves": (boosted(lightgbm.LGBMClassifier(n_estimators=400, num_leaves=255, n_jobs=2, verbose=-1), onnxmltools.convert_lightgbm, classes=2, zipmap=False), B(1, 64, 1024)),
}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or ZOO:
        build, shapes = ZOO[name]
        onnx.save(name_rows(build()), folder / f"{name}.onnx")
        (folder / f"{name}.json").write_text(json.dumps(shapes))
        print(name, "written", flush=True)


main()
