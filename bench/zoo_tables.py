"""
Further models of tables and texts, for bench/memory-figures.ts: estimators of scikit-learn that read words, categories and gaps, and
forests with many classes and with categories.

    uv pip install scikit-learn==1.9.1 xgboost-cpu==3.2.0 lightgbm==4.7.0 skl2onnx==1.20.0 onnxmltools==1.16.0 pandas==3.1.1
    python bench/zoo_tables.py FOLDER [NAME...]

In an environment of its own, since it brings its own protobuf: uv pip install catboost==1.2.10 onnx==1.23.2
    python bench/zoo_tables.py FOLDER cat_classes cat_regressor
"""

import json
import pathlib
import sys

import numpy as np
import onnx
from zoo_builder import name_rows

random = np.random.default_rng(0)
WORDS = ["".join(random.choice(list("abcdefghijklmnopqrstuvwxyz"), random.integers(3, 10))) for _ in range(6000)]


def texts(count, length=40):
    return np.array([" ".join(random.choice(WORDS, length)) for _ in range(count)])


def table(rows, columns, classes=0, gaps=0.0):
    x = random.standard_normal((rows, columns)).astype(np.float32)
    score = np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.3 * random.standard_normal(rows)
    y = score.astype(np.float32) if classes == 0 else np.digitize(score, np.quantile(score, np.linspace(0, 1, classes + 1)[1:-1]))
    x[random.random(x.shape) < gaps] = np.nan
    return x, y


def words(make, classes=5, rows=3000, shape=(None, 1)):
    """A pipeline that takes a column of texts."""
    def build(path):
        from skl2onnx import convert_sklearn
        from skl2onnx.common.data_types import StringTensorType
        model = make()
        model.fit(texts(rows), random.integers(0, classes, rows))
        last = model.steps[-1][1]
        return convert_sklearn(model, initial_types=[("text", StringTensorType(list(shape)))], options={id(last): {"zipmap": False}} if hasattr(last, "classes_") else None)
    return build


def numbers(make, rows=4000, columns=20, classes=0, gaps=0.0, **options):
    def build(path):
        from skl2onnx import to_onnx
        x, y = table(rows, columns, classes, gaps)
        model = make().fit(x, y)
        return to_onnx(model, x[:1], options={id(model): {**({"zipmap": False} if classes else {}), **options}} if classes or options else None)
    return build


def process():
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
    return GaussianProcessRegressor(ConstantKernel(1.0) * RBF(1.0) + WhiteKernel(0.1), optimizer=None)


def mixed(path):
    """Numbers with gaps and categories, encoded by what they lead to."""
    import pandas
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    from sklearn import compose, ensemble, impute, pipeline, preprocessing
    x, y = table(6000, 6, classes=2, gaps=0.1)
    frame = pandas.DataFrame(x, columns=[f"n{at}" for at in range(6)])
    for at in range(3):
        frame[f"c{at}"] = random.choice(WORDS[:400], len(frame))
    columns = compose.ColumnTransformer([
        ("numbers", pipeline.make_pipeline(impute.SimpleImputer(strategy="median"), preprocessing.StandardScaler()), [f"n{at}" for at in range(6)]),
        ("ranks", preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["c0"]),
        ("hot", preprocessing.OneHotEncoder(handle_unknown="ignore"), ["c1", "c2"]),
    ], sparse_threshold=0)
    model = pipeline.make_pipeline(columns, ensemble.RandomForestClassifier(60, n_jobs=2)).fit(frame, y)
    types = [(name, FloatTensorType([None, 1]) if name[0] == "n" else StringTensorType([None, 1])) for name in frame.columns]
    return convert_sklearn(model, initial_types=types, options={"zipmap": False})


def targets(path):
    from skl2onnx import to_onnx
    from sklearn import linear_model, pipeline, preprocessing
    x = random.integers(0, 200, (5000, 8)).astype(np.int64)
    model = pipeline.make_pipeline(preprocessing.TargetEncoder(), linear_model.Ridge()).fit(x, random.standard_normal(5000))
    return to_onnx(model, x[:1])


def xgb(classes=0, **options):
    def build(path):
        import onnxmltools
        import xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType
        x, y = table(20_000, 30, classes)
        model = (xgboost.XGBClassifier if classes else xgboost.XGBRegressor)(n_jobs=2, **options).fit(x, y)
        return onnxmltools.convert_xgboost(model, initial_types=[("input", FloatTensorType([None, 30]))])
    return build


def lgb(classes=0, categories=0, convert=None, **options):
    def build(path):
        import lightgbm
        import onnxmltools
        from onnxmltools.convert.common.data_types import FloatTensorType
        x, y = table(20_000, 30, classes)
        for at in range(categories):
            x[:, at] = random.integers(0, 60, len(x))
        model = (lightgbm.LGBMClassifier if classes else lightgbm.LGBMRegressor)(n_jobs=2, verbose=-1, **options)
        model.fit(x, y, categorical_feature=list(range(categories)) or "auto")
        return onnxmltools.convert_lightgbm(model, initial_types=[("input", FloatTensorType([None, 30]))], **(convert or {}))
    return build


def cat(classes=0, **options):
    def build(path):
        import catboost
        x, y = table(10_000, 25, classes)
        model = (catboost.CatBoostClassifier if classes else catboost.CatBoostRegressor)(thread_count=2, verbose=False, allow_writing_files=False, **options).fit(x, y)
        model.save_model(str(path), format="onnx")
        return onnx.load(path)
    return build


def lazily(text):
    """The estimator that an expression makes, so that each name needs only its own packages."""
    def make():
        from sklearn import (ensemble, feature_extraction, gaussian_process, linear_model, naive_bayes, neighbors, neural_network, pipeline, preprocessing, decomposition, feature_selection)  # noqa: F401
        return eval(text)
    return make


B = lambda *sizes: [{"batch": size} for size in sizes]
T = "feature_extraction.text."
ZOO = {
    "tfidf_logistic": (words(lazily(f"pipeline.make_pipeline({T}TfidfVectorizer(), linear_model.LogisticRegression())"), shape=(None,)), B(1, 64, 1024)),
    "tfidf_column": (words(lazily(f"pipeline.make_pipeline({T}TfidfVectorizer(ngram_range=(1, 2), max_features=20_000), decomposition.TruncatedSVD(20), ensemble.RandomForestClassifier(30))"), shape=(None,), rows=800), B(1, 16, 256)),
    "letters_bayes": (words(lazily(f"pipeline.make_pipeline({T}CountVectorizer(analyzer='char', ngram_range=(1, 3), max_features=5000), naive_bayes.MultinomialNB())"), shape=(None,), rows=800), B(1, 16, 256)),
    "process_std": (numbers(process, rows=500, columns=8, return_std=True), B(1, 32, 512)),
    "gaps_boosted": (numbers(lazily("ensemble.HistGradientBoostingRegressor(max_iter=300)"), gaps=0.2, rows=10_000), B(1, 64, 4096)),
    "mixed": (mixed, B(1, 64, 4096)),
    "targets": (targets, B(1, 64, 4096)),
    "bagged_network": (numbers(lazily("ensemble.VotingClassifier([('a', neural_network.MLPClassifier((300, 200), max_iter=3)), ('b', ensemble.ExtraTreesClassifier(50)), ('c', linear_model.LogisticRegression())], voting='soft', flatten_transform=False)"), classes=6), B(1, 64, 4096)),
    "quantiles": (numbers(lazily("pipeline.make_pipeline(preprocessing.KBinsDiscretizer(30, encode='onehot-dense'), feature_selection.SelectKBest(k=200), linear_model.LogisticRegression())"), classes=4), B(1, 64, 4096)),
    "spline_lines": (numbers(lazily("pipeline.make_pipeline(preprocessing.PowerTransformer(), preprocessing.PolynomialFeatures(3), linear_model.Lasso())")), B(1, 64, 4096)),
    "radius": (numbers(lazily("neighbors.RadiusNeighborsRegressor(5.0)"), rows=1000, columns=5), B(1, 32, 256)),
    "xgb_classes": (xgb(classes=25, n_estimators=60, max_depth=6), B(1, 64, 1024)),
    "lgb_classes": (lgb(classes=20, n_estimators=60, num_leaves=63, convert={"zipmap": False}), B(1, 64, 1024)),
    "lgb_categories": (lgb(categories=6, n_estimators=200, num_leaves=63), B(1, 64, 2048)),
    "lgb_split": (lgb(n_estimators=600, num_leaves=31, convert={"split": 100}), B(1, 64, 2048)),
    "cat_classes": (cat(classes=8, iterations=150, depth=6), B(1, 64, 1024)),
    "cat_regressor": (cat(iterations=500, depth=8), B(1, 64, 2048)),
}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or ZOO:
        build, shapes = ZOO[name]
        path = folder / f"{name}.onnx"
        onnx.save(name_rows(build(path)), path)
        (folder / f"{name}.json").write_text(json.dumps(shapes))
        print(name, "written", flush=True)


main()
