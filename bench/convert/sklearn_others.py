"""More models of scikit-learn, as people keep them: other steps, other frames, and boosting libraries inside of pipelines."""

import importlib.util

import numpy as np
import pandas as pd
import sklearn
from manifest import OUT, write_rows
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.datasets import load_diabetes, load_wine
from sklearn.decomposition import NMF, PCA, TruncatedSVD
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, ExtraTreesRegressor, HistGradientBoostingClassifier, RandomForestClassifier, StackingClassifier
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import ElasticNetCV, LogisticRegression, PoissonRegressor, RidgeClassifier, SGDClassifier
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, LocalOutlierFactor, NearestCentroid, RadiusNeighborsRegressor
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import SVR, LinearSVC, OneClassSVM
from sklearn.tree import DecisionTreeClassifier
from sklearn_keep import keep

RANDOM = np.random.default_rng(1)
WINE, KINDS = load_wine(return_X_y=True)
WINE_COLUMNS = [f"x{place}" for place in range(WINE.shape[1])]
SICK, PROGRESS = load_diabetes(return_X_y=True)
TEXTS = ["the app crashes at once", "please send my money back", "the invoice is wrong", "I cannot sign in", "crash on start"] * 12
TOPICS = ["app", "refund", "billing", "account", "app"] * 12


def steps():
    samples = write_rows("wine.csv", WINE, WINE_COLUMNS)
    head = LogisticRegression(max_iter=2000)
    before = {
        "MinMaxScaler": MinMaxScaler(),
        "RobustScaler": RobustScaler(),
        "PowerTransformer": PowerTransformer(),
        "QuantileTransformer": QuantileTransformer(n_quantiles=50),
        "bins": KBinsDiscretizer(5, encode="ordinal"),
        "bins as columns": KBinsDiscretizer(5, encode="onehot"),
        "PolynomialFeatures": make_pipeline(StandardScaler(), PolynomialFeatures(2)),
        "Normalizer": Normalizer(),
        "SelectKBest": make_pipeline(SelectKBest(k=5), StandardScaler()),
        "FeatureUnion": make_union(StandardScaler(), make_pipeline(StandardScaler(), PCA(3))),
        "a logarithm": make_pipeline(FunctionTransformer(np.log1p), StandardScaler()),
    }
    for name, step in before.items():
        keep(f"step, {name}", make_pipeline(step, head).fit(WINE, KINDS), samples=samples)
    holed = np.where(RANDOM.random(WINE.shape) < 0.05, np.nan, WINE)
    holed_rows = write_rows("wine-holed.csv", holed, WINE_COLUMNS)
    keep("step, KNNImputer", make_pipeline(StandardScaler(), KNNImputer(), head).fit(holed, KINDS), samples=holed_rows, code="convert/sklearn-neighbours-imputer")
    keep("step, missing marked", make_pipeline(SimpleImputer(add_indicator=True), StandardScaler(), head).fit(holed, KINDS), samples=holed_rows, code="convert/sklearn-indicator")


def classifiers():
    samples = write_rows("wine.csv", WINE, WINE_COLUMNS)
    kinds = {
        "one against the rest": OneVsRestClassifier(LogisticRegression()),
        "one against one": OneVsOneClassifier(LogisticRegression()),
        "SGD": SGDClassifier(loss="log_loss", random_state=0),
        "ridge": RidgeClassifier(),
        "AdaBoost": AdaBoostClassifier(DecisionTreeClassifier(max_depth=2), n_estimators=10, random_state=0),
        "bagging": BaggingClassifier(DecisionTreeClassifier(max_depth=3), n_estimators=5, random_state=0),
        "stacking": StackingClassifier([("tree", DecisionTreeClassifier(max_depth=3)), ("linear", LogisticRegression())], cv=2),
        "calibrated forest, isotonic": CalibratedClassifierCV(DecisionTreeClassifier(max_depth=3), method="isotonic", cv=2),
        "Bernoulli": BernoulliNB(),
    }
    for name, model in kinds.items():
        keep(f"classifier, {name}", make_pipeline(StandardScaler(), model).fit(WINE, KINDS), samples=samples)
    # As they were given to fit, so that a distance is none.
    keep("classifier, neighbours by distance", KNeighborsClassifier(weights="distance").fit(WINE, KINDS), samples=samples)
    parts = [("forest", RandomForestClassifier(10, random_state=0)), ("linear", make_pipeline(StandardScaler(), LogisticRegression()))]
    keep("classifier, stacking of a forest", StackingClassifier(parts, KNeighborsClassifier(weights="distance"), cv=2).fit(WINE, KINDS), samples=samples)
    inner = make_pipeline(StandardScaler(), KNeighborsClassifier(weights="distance"))
    keep("classifier, calibrated neighbours by distance", CalibratedClassifierCV(inner, cv=2).fit(WINE, KINDS), samples=samples)
    keep("classifier, multinomial, rows made up", MultinomialNB().fit(WINE, KINDS))
    scores = OneVsRestClassifier(LinearSVC()).fit(WINE, KINDS)
    keep("classifier, one against the rest, scores", scores, samples=samples, code="convert/sklearn-one-against-the-rest")
    keep("mixture", make_pipeline(StandardScaler(), GaussianMixture(3, random_state=0)).fit(WINE), samples=samples)
    keep("outliers, local factor", make_pipeline(StandardScaler(), LocalOutlierFactor(novelty=True)).fit(WINE), samples=samples)
    keep("outliers, one-class SVM", make_pipeline(StandardScaler(), OneClassSVM()).fit(WINE), samples=samples)
    keep("classifier, nearest centroid", NearestCentroid().fit(WINE, KINDS), code="convert/sklearn-no-converter")


def regressors():
    samples = write_rows("diabetes.csv", SICK, [f"x{place}" for place in range(SICK.shape[1])])
    kinds = {
        "neighbours": KNeighborsRegressor(),
        "neighbours by distance behind a scaler": KNeighborsRegressor(weights="distance"),
        "SVR": SVR(),
        "extra trees": ExtraTreesRegressor(n_estimators=20, random_state=0),
        "Poisson": PoissonRegressor(),
        "elastic net": ElasticNetCV(cv=3),
    }
    for name, model in kinds.items():
        keep(f"regressor, {name}", make_pipeline(StandardScaler(), model).fit(SICK, PROGRESS), samples=samples)
    keep("regressor, neighbours by distance", KNeighborsRegressor(weights="distance").fit(SICK, PROGRESS), samples=samples)
    both = np.stack([PROGRESS, -PROGRESS], axis=1)
    keep("regressor, neighbours by distance, rows made up", KNeighborsRegressor(weights="distance", p=1).fit(SICK, both))
    keep("regressor, neighbours by a function", KNeighborsRegressor(weights=np.exp).fit(SICK, PROGRESS), samples=samples, code="convert/sklearn-function")
    keep("regressor, neighbours in a radius", RadiusNeighborsRegressor(0.2).fit(SICK, PROGRESS), samples=samples, code="convert/sklearn-radius")
    target = TransformedTargetRegressor(ElasticNetCV(cv=3), transformer=StandardScaler())
    keep("regressor, target transformed", target.fit(SICK, PROGRESS), code="convert/sklearn-no-converter")


def people(count=240):
    frame = pd.DataFrame(
        {
            "age": RANDOM.normal(40, 12, count).round(),
            "visits": RANDOM.integers(0, 5, count),
            "member": RANDOM.random(count) > 0.5,
            "city": RANDOM.choice(["Oslo", "København", "Zürich", "東京"], count),
        }
    )
    return frame, np.where(frame["age"] + (frame["city"] == "Oslo") * 10 > 42, "stays", "leaves")


def frames():
    frame, labels = people()
    samples = write_rows("guests.csv", frame.astype({"member": int}).itertuples(index=False), list(frame.columns))
    by_kind = ColumnTransformer(
        [
            ("numbers", StandardScaler(), make_column_selector(dtype_include="number")),
            ("texts", OneHotEncoder(handle_unknown="ignore"), ["city"]),
            ("flags", "passthrough", ["member"]),
        ],
        verbose_feature_names_out=False,
    )
    keep("frame, columns by type", make_pipeline(by_kind, LogisticRegression()).fit(frame, labels), samples=samples)
    keep("frame, columns by type, rows made up", make_pipeline(by_kind, LogisticRegression()).fit(frame, labels))
    numbered = ColumnTransformer([("visits", OneHotEncoder(), ["visits"]), ("age", "passthrough", ["age"])])
    keep("frame, categories that are numbers", make_pipeline(numbered, LogisticRegression(max_iter=2000)).fit(frame, labels), samples=samples)
    keep("frame, categories that are numbers, rows made up", make_pipeline(numbered, LogisticRegression(max_iter=2000)).fit(frame, labels))
    both = ColumnTransformer([("texts", OneHotEncoder(), ["city"])], remainder="passthrough").set_output(transform="default")
    keep("frame, the rest passed through", make_pipeline(both, DecisionTreeClassifier(max_depth=4)).fit(frame, labels), samples=samples)
    search = GridSearchCV(make_pipeline(by_kind, LogisticRegression()), {"logisticregression__C": [0.1, 1]}, cv=2).fit(frame, labels)
    keep("frame, search as joblib", search, "joblib", samples=samples)
    target = ColumnTransformer([("city", TargetEncoder(), ["city"]), ("age", StandardScaler(), ["age"])])
    keep("frame, TargetEncoder", make_pipeline(target, LogisticRegression()).fit(frame, labels), samples=samples)
    keep("TargetEncoder alone", make_pipeline(TargetEncoder(), LogisticRegression()).fit(frame[["city"]].to_numpy(), labels))
    unknown = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    keep("frame, unknown as minus one", make_pipeline(ColumnTransformer([("city", unknown, ["city"])]), DecisionTreeClassifier()).fit(frame, labels), samples=samples)
    typed = frame.astype({"city": "category", "member": int})
    keep("frame, categories of HistGradientBoosting", HistGradientBoostingClassifier(max_iter=10, categorical_features="from_dtype").fit(typed, labels), code="convert/sklearn-categories")
    keep("HistGradientBoosting, a category by place", HistGradientBoostingClassifier(max_iter=10, categorical_features=[1]).fit(typed[["age", "visits"]].to_numpy(), labels), code="convert/sklearn-categories")


def boosted():
    """Boosting behind a scaler, whose trees part on what a scaler rounds."""
    if importlib.util.find_spec("xgboost") is None:
        return
    import lightgbm
    import xgboost

    samples = write_rows("wine.csv", WINE, WINE_COLUMNS)
    scaled = lambda model: make_pipeline(StandardScaler(), model)  # noqa: E731
    quiet = {"n_estimators": 20, "verbose": -1}
    keep("XGBoost behind a scaler", scaled(xgboost.XGBClassifier(n_estimators=20)).fit(WINE, KINDS), samples=samples)
    keep("XGBoost regressor behind a scaler", scaled(xgboost.XGBRegressor(n_estimators=20)).fit(WINE, KINDS), samples=samples)
    keep("XGBoost, two classes, as joblib", xgboost.XGBClassifier(n_estimators=20).fit(WINE, KINDS == 1), "joblib", samples=samples)
    keep("XGBoost ranker", xgboost.XGBRanker(n_estimators=10).fit(WINE, KINDS, group=[100, 78]), samples=samples)
    keep("LightGBM behind a scaler", scaled(lightgbm.LGBMClassifier(**quiet)).fit(WINE, KINDS), samples=samples)
    keep("LightGBM regressor behind a scaler", scaled(lightgbm.LGBMRegressor(**quiet)).fit(WINE, KINDS), samples=samples)
    keep("LightGBM, two classes", lightgbm.LGBMClassifier(**quiet).fit(WINE, KINDS == 1), samples=samples)
    frame, labels = people()
    columns = ColumnTransformer([("texts", OneHotEncoder(handle_unknown="ignore"), ["city"]), ("age", StandardScaler(), ["age"])])
    keep("XGBoost behind columns", make_pipeline(columns, xgboost.XGBClassifier(n_estimators=10)).fit(frame, labels == "stays"))


def words():
    plain = {"token_pattern": "[a-zA-Z]+"}
    keep("text, reduced", make_pipeline(TfidfVectorizer(ngram_range=(1, 2), **plain), TruncatedSVD(4), LogisticRegression()).fit(TEXTS, TOPICS), samples="texts.json")
    keep("text, counts, multinomial", make_pipeline(CountVectorizer(**plain), MultinomialNB()).fit(TEXTS, TOPICS), samples="texts.json")
    keep("text, hashed", make_pipeline(HashingVectorizer(n_features=64), LogisticRegression()).fit(TEXTS, TOPICS), code="convert/sklearn-no-converter")
    keep("text, topics", make_pipeline(CountVectorizer(**plain), NMF(2)).fit(TEXTS), code="convert/sklearn-no-converter")
    (OUT / "odd.json").write_text('[{"text": "crash…crash — ÉTÉ"}, {"text": "退款 refund"}, {"text": "naïve über-app"}, {"text": "a I x"}, {"text": ""}]')
    keep("text, words of any script", make_pipeline(TfidfVectorizer(), LogisticRegression()).fit([*TEXTS, "naïve café über"], [*TOPICS, "app"]), samples="odd.json", code="convert/parity")


def wide_samples():
    np.savez(OUT / "wide.npz", features=WINE)
    keep("64-bit samples", DecisionTreeClassifier(max_depth=4).fit(WINE, KINDS), samples="wide.npz")


PARTS = [steps, classifiers, regressors, frames, boosted, words, wide_samples]
