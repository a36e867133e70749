"""A table as teams have it: numbers and categories, some missing, and what is to be predicted,
`bought`. With it the models that the jobs row, start and http ask: hone's, and peers' like it."""
import json

from common import THREADS, made, scale, scratch, train

CATEGORIES = ["city", "plan", "device"]
NUMBERS = ["age", "tenure", "visits", "spend", "score", "distance", "latency"]
MODELS = {"gbdt": {"n_estimators": 100, "learning_rate": 0.1, "max_leaves": 31,
                   "early_stopping": "off"},
          "logistic": {"C": 1, "tolerance": 1e-4}}
# What a linear model needs first. Trees take the columns as they are.
STEPS = [{"impute": {"columns": "numeric", "strategy": "median"}},
         {"impute": {"columns": "category", "strategy": "most_frequent"}},
         {"one_hot": {"columns": CATEGORIES}},
         {"standard_scale": {"columns": NUMBERS}}]


def table(n, seed):
    """A pandas DataFrame."""
    import numpy as np
    import pandas as pd
    r = np.random.default_rng(seed)
    city, plan, device = r.zipf(1.4, n) % 40, r.integers(0, 4, n), r.integers(0, 9, n)
    t = pd.DataFrame({
        "city": np.array([f"City {i:02}" for i in range(40)])[city],
        "plan": np.array(["free", "basic", "plus", "pro"])[plan],
        "device": np.array([f"dev-{c}" for c in "abcdefghi"])[device],
        "age": r.integers(18, 90, n), "tenure": r.integers(0, 120, n), "visits": r.poisson(4, n),
        "spend": r.gamma(2, 50, n).round(2), "score": r.random(n).round(6),
        "distance": r.exponential(12, n).round(3), "latency": r.normal(80, 15, n).round(1)})
    signal = (r.normal(0, 0.6, 40)[city] + 0.5 * (plan == 2) - 0.01 * t.tenure + 0.15 * t.visits
              + np.sin(t.spend / 40) + 1.5 * (t.score > 0.7) * (t.age < 40) - 0.5)
    for name, share in {"city": 0.03, "device": 0.1, "age": 0.05, "spend": 0.02,
                        "distance": 0.15}.items():
        t[name] = t[name].mask(r.random(n) < share)
    t["bought"] = (r.random(n) < 1 / (1 + np.exp(-signal))).astype(int)
    return t


def csv(rows):
    """Path of a CSV file of so many rows."""
    write = lambda folder: table(scale(rows), 3).to_csv(folder / "t.csv", index=False)
    return made(f"mixed-{rows}", write) / "t.csv"


def data():
    """50,000 rows to train on, and 1,000 to ask for, as JSON objects, one a line."""
    def write(folder):
        asked = table(1000, 4).drop(columns="bought")
        (folder / "rows.ndjson").write_text(asked.to_json(orient="records", lines=True))
    return {"train": csv(50_000), "rows": made("mixed-rows", write) / "rows.ndjson"}


def rows(d):
    return d["rows"].read_text().splitlines()


def read(d):
    import pandas as pd
    t = pd.read_csv(d["train"])
    return t.drop(columns="bought"), t["bought"]


# ---- the models ----------------------------------------------------------------------------------

def hone_model(d, kind):
    """Path of its file."""
    folder = scratch()
    steps = STEPS if kind == "logistic" else []
    train(folder, d["train"], "bought", "binary", {kind: MODELS[kind]}, steps)
    return folder / "m.hone"


def prepare():
    """scikit-learn's steps that do what STEPS does."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
        (make_pipeline(SimpleImputer(strategy="most_frequent"), one_hot), CATEGORIES))


def sklearn_model(d, kind):
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder
    if kind == "logistic":
        return make_pipeline(prepare(), LogisticRegression(C=1, max_iter=1000)).fit(*read(d))
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=float("nan"))
    trees = HistGradientBoostingClassifier(max_iter=100, learning_rate=0.1, max_leaf_nodes=31,
                                           early_stopping=False, categorical_features=[0, 1, 2])
    columns = make_column_transformer((codes, CATEGORIES), ("passthrough", NUMBERS))
    return make_pipeline(columns, trees).fit(*read(d))


class LightGBM:
    """A booster, with what makes its inputs of rows."""

    def __init__(self, d):
        import lightgbm as lgb
        import pandas as pd
        x, y = read(d)
        self.types = {c: pd.CategoricalDtype(sorted(x[c].dropna().unique())) for c in CATEGORIES}
        self.types.update(dict.fromkeys(NUMBERS, float))
        params = dict(objective="binary", num_leaves=31, num_threads=THREADS, verbose=-1)
        self.booster = lgb.train(params, lgb.Dataset(x.astype(self.types), y), 100)
        self.predict, self.save_model = self.booster.predict, self.booster.save_model

    def frame(self, rows_):
        import pandas as pd
        return pd.DataFrame(rows_).astype(self.types)

    def codes(self, texts):
        """An array of doubles: categories as their codes, -1 where missing."""
        import numpy as np
        t = self.frame([json.loads(text) for text in texts])
        codes = t.assign(**{c: t[c].cat.codes for c in CATEGORIES})
        return np.ascontiguousarray(codes.to_numpy(float))
