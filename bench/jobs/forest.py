"""Random forests of 100,000 x 28 float32, grown until leaves are pure: classes, and numbers."""
from common import *

TREES = 100


def data_numbers():
    def make():
        import numpy as np
        n = scale(100_000)
        x, signal = collider(2 * n, 7)
        y = 10 * signal + np.random.default_rng(8).standard_normal(2 * n)
        return x[:n], y[:n], x[n:], y[n:]
    return arrays("collider-100k-numbers", make)


def peers(task, features):
    binary = task == "binary"

    def quality(d, p):
        return {"auc": auc(*load(d, "yt"), p)} if binary else {"rmse": rmse(*load(d, "yt"), p)}

    def hone_(d):
        params = {"n_estimators": TREES, "max_features": features}
        result, out = train_and_predict(d, task, {"random_forest": params})
        answer = "probability_1" if binary else "prediction"
        return dict(result, **quality(d, *answers(out, answer)))

    def fitted(d, ensemble, package):
        x, y, xt = load(d, "X", "y", "Xt")
        kind = ensemble.RandomForestClassifier if binary else ensemble.RandomForestRegressor
        model = kind(TREES, max_features=features, n_jobs=THREADS, random_state=1)
        _, fit = timed(model.fit, x, y)
        p, predict = timed(model.predict_proba if binary else model.predict, xt)
        return {"version": version(package), "fit": fit, "predict": predict, "peak": peak_mb(),
                "size": dumped_megabytes(model), **quality(d, p[:, 1] if binary else p)}

    def sklearn(d):
        import sklearn.ensemble
        return fitted(d, sklearn.ensemble, "scikit-learn")

    def intelex(d):
        import sklearnex.ensemble
        return fitted(d, sklearnex.ensemble, "scikit-learn-intelex")

    return {"hone": hone_, "scikit-learn": sklearn, "scikit-learn-intelex": intelex}


SETTINGS = (
    f"{TREES} trees, leaves of one row, bootstrap; float32. hone cuts values into 255 bins, "
    "scikit-learn looks at every value. Predict is 100,000 held-out rows, first call.")
MEASURES = [FIT, PREDICT, WALL, PEAK, SIZE]
JOBS = [
    Job("forest", "Random forest, 100,000 x 28, binary",
        "The square root of 28 features a node; " + SETTINGS, collider_100k,
        peers("binary", "sqrt"), [*MEASURES, AUC]),
    Job("forest-numbers", "Random forest, 100,000 x 28, regression",
        "A third of the features a node; " + SETTINGS, data_numbers, peers("regression", 1 / 3),
        [*MEASURES, RMSE]),
]
