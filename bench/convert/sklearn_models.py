"""Models of scikit-learn of many kinds, and some that cannot be converted."""

import operator
import shutil
import string

import numpy as np
import own_parts
import pandas as pd
import sklearn_others
from manifest import OUT, write, write_rows
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine, make_multilabel_classification, make_regression
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn_keep import keep

RANDOM = np.random.default_rng(0)
TEXTS = ["the app crashes at once", "please send my money back", "the invoice is wrong", "I cannot sign in", "crash on start"] * 12
TOPICS = ["app", "refund", "billing", "account", "app"] * 12


def numbers():
    rows, labels = load_wine(return_X_y=True)
    samples = write_rows("wine.csv", rows, [f"x{place}" for place in range(rows.shape[1])])
    keep("linear", make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, labels), samples=samples)
    for ending, what in (("joblib", "as joblib"), ("pkl", "as a pickle")):
        keep(f"linear, {what}", make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, labels), ending, samples=samples)
    keep("float labels", LogisticRegression(max_iter=5000).fit(rows, labels.astype(float)), samples=samples)
    keep("text labels", DecisionTreeClassifier(random_state=0).fit(rows, load_wine().target_names[labels]), samples=samples)
    keep("boolean labels", GaussianNB().fit(rows, labels == 1), samples=samples)
    keep("trees behind a scaler", make_pipeline(StandardScaler(), RandomForestClassifier(n_estimators=20, random_state=0)).fit(rows, labels), samples=samples)
    keep("scores alone", make_pipeline(StandardScaler(), LinearSVC()).fit(rows, labels), samples=samples)
    keep("kernel", make_pipeline(StandardScaler(), SVC(probability=True, random_state=0)).fit(rows, labels), samples=samples)
    keep("neighbours", make_pipeline(StandardScaler(), KNeighborsClassifier()).fit(rows, labels), samples=samples)
    keep("MLP", make_pipeline(StandardScaler(), MLPClassifier((16,), max_iter=300, random_state=0)).fit(rows, labels), samples=samples)
    keep("voting", VotingClassifier([("nb", GaussianNB()), ("tree", DecisionTreeClassifier(random_state=0))], voting="soft").fit(rows, labels))
    keep("calibrated", CalibratedClassifierCV(GaussianNB()).fit(rows, labels))
    keep("search", GridSearchCV(make_pipeline(StandardScaler(), LogisticRegression()), {"logisticregression__C": [1, 10]}).fit(rows, labels), samples=samples)
    keep("boosting", GradientBoostingClassifier(n_estimators=30, random_state=0).fit(rows, labels), samples=samples)
    keep("clusters", make_pipeline(StandardScaler(), KMeans(n_clusters=3, n_init=3, random_state=0)).fit(rows))
    keep("outliers", IsolationForest(n_estimators=20, random_state=0).fit(rows))
    keep("transformer", make_pipeline(StandardScaler(), PCA(n_components=3)).fit(rows), samples=samples)
    frame = pd.DataFrame(rows, columns=load_wine().feature_names)
    keep("linear on a data frame", make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, labels))


def regressors():
    rows, targets = load_diabetes(return_X_y=True)
    samples = write_rows("diabetes.csv", rows, [f"x{place}" for place in range(rows.shape[1])])
    keep("regressor, linear", LinearRegression().fit(rows, targets), samples=samples)
    keep("regressor, trees", RandomForestRegressor(n_estimators=30, random_state=0).fit(rows, targets), samples=samples)
    keep("regressor, boosting", HistGradientBoostingRegressor(max_iter=30).fit(rows, targets), samples=samples)
    keep("regressor, 64 bits needed", GaussianProcessRegressor(alpha=1e-8).fit(rows[:80], targets[:80]), samples=samples)
    many_rows, many = make_regression(200, 6, n_targets=3, random_state=0)
    keep("regressor, several outputs", LinearRegression().fit(many_rows, many))
    keep("regressor, several by trees", MultiOutputRegressor(DecisionTreeRegressor(max_depth=4, random_state=0)).fit(many_rows, many))


def several_labels():
    rows, labels = make_multilabel_classification(200, 8, n_classes=3, random_state=0)
    keep("multi-label, MLP", MLPClassifier((8,), max_iter=400, random_state=0).fit(rows, labels))
    keep("multi-label, trees", RandomForestClassifier(n_estimators=10, random_state=0).fit(rows, labels))
    keep("multi-output", MultiOutputClassifier(LogisticRegression()).fit(rows, labels))


def missing_values():
    rows, labels = load_breast_cancer(return_X_y=True)
    rows = np.where(RANDOM.random(rows.shape) < 0.1, np.nan, rows)
    samples = write_rows("breast.csv", rows, [f"x{place}" for place in range(rows.shape[1])])
    keep("boosting, missing values", HistGradientBoostingClassifier(max_iter=30).fit(rows, labels), samples=samples)
    keep("imputer", make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()).fit(rows, labels), samples=samples)


def columns():
    count = 240
    frame = pd.DataFrame(
        {
            "age": RANDOM.normal(40, 12, count),
            "income": np.where(RANDOM.random(count) < 0.15, np.nan, RANDOM.lognormal(10, 1, count)),
            "city": RANDOM.choice(["Oslo", "København", "Zürich", "東京"], count),
            "plan": RANDOM.choice(["free", "team"], count),
        }
    )
    frame["plan"] = frame["plan"].astype(object).where(RANDOM.random(count) > 0.2, np.nan)
    labels = np.where(frame["age"] + (frame["city"] == "Oslo") * 10 > 42, "stays", "leaves")
    samples = write_rows("people.csv", frame.itertuples(index=False), list(frame.columns))
    filled = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    by_column = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["age", "income"]),
            ("city", OneHotEncoder(handle_unknown="ignore"), ["city"]),
            ("plan", filled, ["plan"]),
        ]
    )
    keep("columns, missing strings", make_pipeline(by_column, LogisticRegression()).fit(frame, labels), samples=samples)
    as_category = ColumnTransformer(
        [("numbers", SimpleImputer(), ["age", "income"]), ("texts", OneHotEncoder(handle_unknown="ignore"), ["city", "plan"])]
    )
    keep("columns, missing as a category", make_pipeline(as_category, RandomForestClassifier(n_estimators=10, random_state=0)).fit(frame, labels), samples=samples)
    ordinal = ColumnTransformer([("city", OrdinalEncoder(), ["city"])], remainder="drop")
    keep("columns, ordinal", make_pipeline(ordinal, DecisionTreeClassifier(random_state=0)).fit(frame, labels), samples=samples)
    texts = pd.DataFrame({"text": TEXTS, "length": [float(len(text)) for text in TEXTS]})
    mixed = ColumnTransformer([("text", TfidfVectorizer(token_pattern="[a-zA-Z]+"), "text"), ("length", StandardScaler(), ["length"])])
    keep("columns with text", make_pipeline(mixed, LogisticRegression()).fit(texts, TOPICS))


def texts():
    (OUT / "texts.json").write_text('[{"text": "the app crashes"}, {"text": ""}, {"text": "MONEY back, please"}, {"text": "sign-in"}]')
    words = {"token_pattern": "[a-zA-Z]+"}
    keep("text pipeline", make_pipeline(TfidfVectorizer(**words), LogisticRegression()).fit(TEXTS, TOPICS), samples="texts.json")
    keep("text, linear SVC", make_pipeline(TfidfVectorizer(**words), LinearSVC()).fit(TEXTS, TOPICS), samples="texts.json")
    keep("text, counts", make_pipeline(CountVectorizer(binary=True, stop_words=["the"], **words), LogisticRegression()).fit(TEXTS, TOPICS), samples="texts.json")
    fold = operator.methodcaller("translate", str.maketrans(string.ascii_uppercase, string.ascii_lowercase))
    keep("text, folding A to Z", make_pipeline(TfidfVectorizer(preprocessor=fold, **words), LogisticRegression()).fit(TEXTS, TOPICS), samples="texts.json")


def refused():
    rows, labels = load_iris(return_X_y=True)
    keep("a function as a step", make_pipeline(FunctionTransformer(own_parts.double), LogisticRegression()).fit(rows, labels), "joblib", code="convert/sklearn-function")
    keep("own transformer", make_pipeline(own_parts.Clipper(), LogisticRegression()).fit(rows, labels), "joblib", code="convert/sklearn-no-converter")
    keep("letters, not words", make_pipeline(CountVectorizer(analyzer="char_wb"), LogisticRegression()).fit(TEXTS, TOPICS), code="convert/sklearn-analyzer")
    keep("own tokenizer", make_pipeline(TfidfVectorizer(tokenizer=str.split, token_pattern=None), LogisticRegression()).fit(TEXTS, TOPICS), "joblib", code="convert/sklearn-tokenizer")
    reverse = operator.methodcaller("replace", "a", "b")
    keep("own preprocessor", make_pipeline(TfidfVectorizer(preprocessor=reverse), LogisticRegression()).fit(TEXTS, TOPICS), code="convert/sklearn-preprocessor")
    keep("not fitted", make_pipeline(StandardScaler(), LogisticRegression()), code="convert/not-fitted")
    keep("a pickle, not allowed", LogisticRegression().fit(rows, labels), "pkl", code="convert/code", allowCode=False)
    keep("no estimator", {"accuracy": 0.9}, "joblib", code="convert/sklearn-no-estimator")


if __name__ == "__main__":
    # Found beside the model where a pickle is loaded.
    shutil.copy(own_parts.__file__, OUT)
    for part in (numbers, regressors, several_labels, missing_values, columns, texts, refused, *sklearn_others.PARTS):
        part()
    write()
