"""Single trees, extremely randomised ones, and trees that find anomalies: 100,000 x 28 float32."""
from common import *


def supervised(kind, params, package, theirs, arguments):
    """kind and params are hone's; theirs the class in a module of scikit-learn or intelex."""
    def hone_(d):
        result, out = train_and_predict(d, "binary", {kind: params})
        return dict(result, auc=auc(*load(d, "yt"), *answers(out, "probability_1")))

    def peer(module, package):
        def fitted(d):
            import importlib
            x, y, xt, yt = load(d, "X", "y", "Xt", "yt")
            model = getattr(importlib.import_module(module), theirs)(**arguments)
            _, fit = timed(model.fit, x, y)
            p, predict = timed(model.predict_proba, xt)
            return {"version": version(package), "fit": fit, "predict": predict, "peak": peak_mb(),
                    "size": dumped_megabytes(model), "auc": auc(yt, p[:, 1])}
        return fitted

    found = {"hone": hone_, "scikit-learn": peer(f"sklearn.{package}", "scikit-learn")}
    if package == "ensemble":
        found["scikit-learn-intelex"] = peer("sklearnex.ensemble", "scikit-learn-intelex")
    return found


# ---- anomalies -----------------------------------------------------------------------------------

def strange():
    """Rows of which one in fifty is drawn from a wider cloud; y marks these."""
    def make():
        import numpy as np
        r = np.random.default_rng(9)
        n = scale(100_000)
        x = r.standard_normal((2 * n, 28), dtype=np.float32)
        y = (r.random(2 * n) < 0.02).astype(np.int64)
        x[y == 1] *= 1.5
        return x[:n], y[:n], x[n:], y[n:]
    return arrays("strange-100k", make)


def watched(kind, params, others):
    def hone_(d):
        folder = scratch()
        fitted = train(folder, d["train"], None, "anomaly", {kind: params}, ignore=["y"])
        answered = hone("predict", folder / "m.hone", d["test"], "-o", folder / "out.csv")
        score, = answers(folder / "out.csv", "score")
        return {"version": hone_version(), "fit": fitted["seconds"]["fit"], "wall": fitted["wall"],
                "predict": answered["seconds"]["predict"], "size": megabytes(folder / "m.hone"),
                "peak": max(fitted["peak"], answered["peak"]), "auc": auc(*load(d, "yt"), -score)}
    return {"hone": hone_, **others}


def sklearn_isolation(d):
    from sklearn.ensemble import IsolationForest
    x, xt, yt = load(d, "X", "Xt", "yt")
    model = IsolationForest(n_estimators=100, n_jobs=THREADS, random_state=1)
    _, fit = timed(model.fit, x)
    score, predict = timed(model.decision_function, xt)
    return {"version": version("scikit-learn"), "fit": fit, "predict": predict, "peak": peak_mb(),
            "size": dumped_megabytes(model), "auc": auc(yt, -score)}


def river_half_space(d):
    from river.anomaly import HalfSpaceTrees
    x, xt, yt = load(d, "X", "Xt", "yt")
    low, high = x.min(0), x.max(0)
    model = HalfSpaceTrees(n_trees=25, height=8, window_size=250, seed=1,
                           limits={j: (float(low[j]), float(high[j])) for j in range(x.shape[1])})
    rows, others = ([dict(enumerate(row)) for row in m.tolist()] for m in (x, xt))
    _, fit = timed(lambda: [model.learn_one(row) for row in rows])
    score, predict = timed(lambda: [model.score_one(row) for row in others])
    import numpy as np
    return {"version": version("river"), "fit": fit, "predict": predict, "peak": peak_mb(),
            "size": dumped_megabytes(model), "auc": auc(yt, np.array(score))}


MEASURES = [FIT, PREDICT, WALL, PEAK, SIZE, AUC]
ROWS = "Predict is 100,000 held-out rows, first call."
JOBS = [
    Job("decision-tree", "Decision tree, 100,000 x 28, binary",
        "Every value is a possible cut; leaves of 20 rows at least; float32. " + ROWS, collider_100k,
        supervised("decision_tree", {"min_samples_leaf": 20}, "tree", "DecisionTreeClassifier",
                   {"min_samples_leaf": 20, "random_state": 1}), MEASURES),
    Job("extra-trees", "Extremely randomised trees, 100,000 x 28, binary",
        "100 trees, leaves of one row, the square root of 28 features a node; float32. " + ROWS,
        collider_100k,
        supervised("extra_trees", {"n_estimators": 100}, "ensemble", "ExtraTreesClassifier",
                   {"n_estimators": 100, "n_jobs": THREADS, "random_state": 1}), MEASURES),
    Job("isolation-forest", "Isolation forest, 100,000 x 28",
        "100 trees of 256 rows; float32, one row in fifty from a wider cloud. " + ROWS, strange,
        watched("isolation_forest", {"n_estimators": 100}, {"scikit-learn": sklearn_isolation}),
        MEASURES),
    Job("half-space-trees", "Half-space trees, a stream of 100,000 x 28",
        "25 trees of height 8, windows of 250 rows; the same rows. river takes a row at a time, as "
        "a dictionary made beforehand. " + ROWS, strange,
        watched("half_space_trees", {"n_estimators": 25, "height": 8}, {"river": river_half_space}),
        MEASURES),
]
