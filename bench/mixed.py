"""A table as teams have it: numbers, whole numbers and categories, some missing, and what is bought
(0 or 1). With it, the models that the jobs row, start and http serve: hone's, and equal ones of peers."""
import json

from common import THREADS, made, scale, scratch, train

CATEGORIES = ["city", "plan", "device"]
NUMBERS = ["age", "tenure", "visits", "spend", "score", "distance", "latency"]
CLASSIC = {"gbdt": {"n_estimators": 100, "learning_rate": 0.1, "max_leaves": 31, "early_stopping": "off"},
           "logistic": {"C": 1, "tolerance": 1e-4}}
# What a linear model needs first; trees take the columns as they are.
STEPS = [{"impute": {"columns": "numeric", "strategy": "median"}}, {"impute": {"columns": "category", "strategy": "most_frequent"}},
         {"one_hot": {"columns": CATEGORIES}}, {"standard_scale": {"columns": NUMBERS}}]


def table(n, seed):
    """A pandas DataFrame of n rows: 3 categories, 7 numbers, `bought`."""
    import numpy as np
    import pandas as pd
    r = np.random.default_rng(seed)
    city, plan, device = r.zipf(1.4, n) % 40, r.integers(0, 4, n), r.integers(0, 9, n)
    age, tenure, visits = r.integers(18, 90, n), r.integers(0, 120, n), r.poisson(4, n)
    spend, score, distance, latency = r.gamma(2, 50, n), r.random(n), r.exponential(12, n), r.normal(80, 15, n)
    effect = r.normal(0, 0.6, 40)
    signal = (effect[city] + 0.5 * (plan == 2) - 0.01 * tenure + 0.15 * visits + np.sin(spend / 40) + 1.5 * (score > 0.7) * (age < 40) - 0.5)
    t = pd.DataFrame({
        "city": np.array([f"City {i:02}" for i in range(40)])[city], "plan": np.array(["free", "basic", "plus", "pro"])[plan],
        "device": np.array([f"dev-{c}" for c in "abcdefghi"])[device], "age": age.astype(float), "tenure": tenure, "visits": visits,
        "spend": spend.round(2), "score": score.round(6), "distance": distance.round(3), "latency": latency.round(1)})
    for name, share in (("city", 0.03), ("device", 0.1), ("age", 0.05), ("spend", 0.02), ("distance", 0.15)):
        t.loc[r.random(n) < share, name] = None
    t["bought"] = (r.random(n) < 1 / (1 + np.exp(-signal))).astype(int)
    return t


def csv(rows):
    """Path of a CSV file with this many rows."""
    return made(f"mixed-{rows}", lambda folder: table(scale(rows), 3).to_csv(folder / "t.csv", index=False)) / "t.csv"


def data():
    """For serving: 50,000 rows to train on, and 1,000 rows as JSON objects, one a line."""
    def write(folder):
        rows = table(1000, 4).drop(columns="bought").to_json(orient="records", lines=True)
        (folder / "rows.ndjson").write_text(rows)
    return {"train": csv(50_000), "rows": made("mixed-rows", write) / "rows.ndjson"}


def rows(d):
    return d["rows"].read_text().splitlines()


# ---- the models -----------------------------------------------------------------------------

def hone_model(d, kind):
    folder = scratch()
    train(folder, d["train"], "bought", "binary", {kind: CLASSIC[kind]}, STEPS if kind == "logistic" else ())
    return folder / "m.hone"


def read(d):
    import pandas as pd
    t = pd.read_csv(d["train"])
    return t.drop(columns="bought"), t["bought"]


def prepare():
    """scikit-learn's steps that do what STEPS does."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    return ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
        ("categories", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore", sparse_output=False)), CATEGORIES)])


def sklearn_model(d, kind):
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder
    if kind == "logistic":
        model = make_pipeline(prepare(), LogisticRegression(C=1, max_iter=1000))
    else:
        codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=float("nan"))
        model = make_pipeline(ColumnTransformer([("c", codes, CATEGORIES), ("n", "passthrough", NUMBERS)]), HistGradientBoostingClassifier(
            max_iter=100, learning_rate=0.1, max_leaf_nodes=31, early_stopping=False, categorical_features=[0, 1, 2]))
    return model.fit(*read(d))


def lightgbm_model(d):
    """The booster, and the function that makes its DataFrame of rows."""
    import lightgbm as lgb
    import pandas as pd
    x, y = read(d)
    types = {c: pd.CategoricalDtype(sorted(x[c].dropna().unique())) for c in CATEGORIES}
    frame = lambda rows: pd.DataFrame(rows).astype({**types, **{c: float for c in NUMBERS}})
    x = x.astype({**types, **{c: float for c in NUMBERS}})
    params = dict(objective="binary", num_leaves=31, learning_rate=0.1, num_threads=THREADS, verbose=-1)
    return lgb.train(params, lgb.Dataset(x, y), 100), frame
