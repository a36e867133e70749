"""Scoring 100,000 rows in memory with gradient boosting, over and over in one process."""
from common import *

RUNS, TREES, LEAVES = 11, 100, 31


def repeated(d, package, predict):
    xt, yt = load(d, "Xt", "yt")
    p = predict(xt)
    seconds = median([timed(predict, xt)[1] for _ in range(RUNS)])
    return {"version": version(package), "predict": seconds, "peak": peak_mb(), "auc": auc(yt, p)}


def hone_(d):
    folder = scratch()
    params = {"n_estimators": TREES, "learning_rate": 0.1, "max_leaves": LEAVES,
              "early_stopping": "off"}
    train(folder, d["train"], "y", "binary", {"gbdt": params})
    r = native("batch", folder / "m.hone", d["test"], RUNS, THREADS)
    hone("predict", folder / "m.hone", d["test"], "-o", folder / "out.csv")
    return {"version": hone_version(), "predict": r["median"], "peak": r["peak"],
            "auc": auc(*load(d, "yt"), *answers(folder / "out.csv", "probability_1"))}


def lightgbm(d):
    import lightgbm as lgb
    params = dict(objective="binary", num_leaves=LEAVES, num_threads=THREADS, verbose=-1)
    model = lgb.train(params, lgb.Dataset(*load(d, "X", "y")), TREES)
    return repeated(d, "lightgbm", model.predict)


def xgboost(d):
    import xgboost as xgb
    params = dict(objective="binary:logistic", tree_method="hist", grow_policy="lossguide",
                  max_depth=0, max_leaves=LEAVES, eta=0.1, nthread=THREADS)
    model = xgb.train(params, xgb.QuantileDMatrix(*load(d, "X", "y")), TREES)
    return repeated(d, "xgboost-cpu", model.inplace_predict)


def sklearn(d):
    from sklearn.ensemble import HistGradientBoostingClassifier
    model = HistGradientBoostingClassifier(max_iter=TREES, max_leaf_nodes=LEAVES,
                                           early_stopping=False).fit(*load(d, "X", "y"))
    return repeated(d, "scikit-learn", lambda rows: model.predict_proba(rows)[:, 1])


JOBS = [Job(
    "batch", "Batch predict, gbdt, 100,000 x 28",
    f"{TREES} trees of {LEAVES} leaves, float32 rows in memory, median of {RUNS} calls after a "
    "first one. hone answers a table: the class, its probability, that of each class.",
    collider_100k,
    {"hone": hone_, "LightGBM": lightgbm, "XGBoost": xgboost, "scikit-learn": sklearn},
    [PREDICT, PEAK, AUC])]
