"""Random forests of 100,000 x 28 float32, grown until leaves are pure."""
from common import *

TREES = 100


def data_classes():
    return arrays("collider-100k", lambda: collider_classes(scale(100_000), scale(100_000), 5))


def make_numbers():
    import numpy as np
    n = scale(100_000)
    x, signal = collider(2 * n, 7)
    y = 10 * signal + np.random.default_rng(8).standard_normal(2 * n)
    return x[:n], y[:n], x[n:], y[n:]


def data_numbers():
    return arrays("collider-100k-numbers", make_numbers)


def quality(d, task, p):
    return {"auc": auc(*load(d, "yt"), p)} if task == "binary" else {"rmse": rmse(*load(d, "yt"), p)}


def peers(task, features):
    def hone_(d):
        r, out = train_and_predict(d, "y", task, {"random_forest": {"n_estimators": TREES, "max_features": features}})
        return dict(r, **quality(d, task, column(out, "probability_1" if task == "binary" else "prediction")))

    def fitted(ensemble, version, d):
        import joblib
        x, y, xt = load(d, "X", "y", "Xt")
        kind = ensemble.RandomForestClassifier if task == "binary" else ensemble.RandomForestRegressor
        m = kind(TREES, max_features=features, n_jobs=THREADS, random_state=1)
        _, fit = timed(m.fit, x, y)
        p, predict = timed(m.predict_proba if task == "binary" else m.predict, xt)
        peak, folder = peak_mb(), scratch()
        joblib.dump(m, folder / "model")
        return dict(quality(d, task, p[:, 1] if task == "binary" else p), version=version, fit=fit, predict=predict, peak=peak,
                    size=megabytes(folder / "model"))

    def sklearn(d):
        import sklearn
        import sklearn.ensemble
        return fitted(sklearn.ensemble, sklearn.__version__, d)

    def intelex(d):
        import importlib.metadata
        import sklearnex.ensemble
        return fitted(sklearnex.ensemble, importlib.metadata.version("scikit-learn-intelex"), d)

    return {"hone": hone_, "scikit-learn": sklearn, "scikit-learn-intelex": intelex}


SETTINGS = f"{TREES} trees, leaves of one row, bootstrap; float32. Predict is 100,000 held-out rows, first call. hone bins to 255; scikit-learn looks at every value."
MEASURES = [FIT, PREDICT, WALL, PEAK, SIZE]
JOBS = [
    Job("forest", "Random forest, 100,000 x 28, binary", "sqrt(28) features a node; " + SETTINGS, data_classes, peers("binary", "sqrt"),
        [*MEASURES, Measure("auc", "AUC")]),
    Job("forest-numbers", "Random forest, 100,000 x 28, regression", "A third of the features a node; " + SETTINGS, data_numbers,
        peers("regression", 1 / 3), [*MEASURES, Measure("rmse", "RMSE")]),
]
