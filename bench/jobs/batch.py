"""Scoring 100,000 rows in memory with gradient boosting, over and over in one process."""
from common import *

RUNS = 11


def data():
    return arrays("collider-100k", lambda: collider_classes(scale(100_000), scale(100_000), 5))


def repeated(version, predict, d):
    xt, yt = load(d, "Xt", "yt")
    p = predict(xt)
    return {"version": version, "predict": median([timed(predict, xt)[1] for _ in range(RUNS)]), "peak": peak_mb(), "auc": auc(yt, p)}


def hone_(d):
    folder = scratch()
    train(folder, d["train"], "y", "binary", {"gbdt": {"n_estimators": 100, "learning_rate": 0.1, "max_leaves": 31, "early_stopping": "off"}})
    r = native("batch", folder / "m.hone", d["test"], RUNS, THREADS)
    hone("predict", folder / "m.hone", d["test"], "-o", folder / "out.csv")
    return {"version": hone_version(), "predict": r["median"], "peak": r["peak"], "auc": auc(*load(d, "yt"), column(folder / "out.csv", "probability_1"))}


def lightgbm(d):
    import lightgbm as lgb
    x, y = load(d, "X", "y")
    m = lgb.train(dict(objective="binary", num_leaves=31, num_threads=THREADS, verbose=-1), lgb.Dataset(x, y), 100)
    return repeated(lgb.__version__, m.predict, d)


def xgboost(d):
    import xgboost as xgb
    x, y = load(d, "X", "y")
    m = xgb.train(dict(objective="binary:logistic", tree_method="hist", grow_policy="lossguide", max_depth=0, max_leaves=31, eta=0.1, nthread=THREADS),
                  xgb.QuantileDMatrix(x, y), 100)
    return repeated(xgb.__version__, m.inplace_predict, d)


def sklearn(d):
    import sklearn
    from sklearn.ensemble import HistGradientBoostingClassifier
    x, y = load(d, "X", "y")
    m = HistGradientBoostingClassifier(max_iter=100, max_leaf_nodes=31, early_stopping=False).fit(x, y)
    return repeated(sklearn.__version__, lambda rows: m.predict_proba(rows)[:, 1], d)


JOBS = [Job(
    "batch", "Batch predict, gbdt, 100,000 x 28",
    f"100 trees of 31 leaves, float32 rows in memory, median of {RUNS} calls after one. hone answers a table of class, probability of it and of each class.",
    data, {"hone": hone_, "LightGBM": lightgbm, "XGBoost": xgboost, "scikit-learn": sklearn}, [PREDICT, PEAK, Measure("auc", "AUC")])]
