"""k nearest neighbours: many columns, where products choose, and few, where a tree does."""
from common import *

ERROR = Measure("rmse", "RMSE", exact=True)


def noise(n, queries, columns):
    """Correlated columns and a smooth target; all distances differ."""
    import numpy as np
    r = np.random.default_rng(columns)
    x = (r.standard_normal((n + queries, columns)) @ r.standard_normal((columns, columns))).astype(np.float32)
    x /= x.std(0)
    y = np.tanh(x[:, 0]) + 0.1 * r.standard_normal(n + queries)
    return x[:n], y[:n], x[n:], y[n:]


def hone_(d):
    result, out = train_and_predict(d, "regression", {"knn": {"n_neighbors": 10}})
    prediction, = answers(out, "prediction")
    return dict(result, rmse=rmse(load(d, "yt")[0], prediction))


def fitted(d, neighbors, package):
    x, y, xt, yt = load(d, "X", "y", "Xt", "yt")
    model = neighbors.KNeighborsRegressor(10, n_jobs=THREADS)
    _, fit = timed(model.fit, x, y)
    p, predict = timed(model.predict, xt)
    return {"version": version(package), "fit": fit, "predict": predict, "peak": peak_mb(),
            "size": dumped_megabytes(model), "rmse": rmse(yt, p)}


def sklearn_(d):
    import sklearn.neighbors
    return fitted(d, sklearn.neighbors, "scikit-learn")


def intelex(d):
    import sklearnex.neighbors
    return fitted(d, sklearnex.neighbors, "scikit-learn-intelex")


def job(name, rows, queries, columns):
    return Job(name, f"10 nearest neighbours, {rows:,} x {columns}",
               f"Euclidean distance, uniform weights, float32. Predict is {queries:,} other rows, first call.",
               lambda: arrays(f"neighbors-{columns}", lambda: noise(scale(rows), scale(queries), columns)),
               {"hone": hone_, "scikit-learn": sklearn_, "scikit-learn-intelex": intelex},
               [FIT, PREDICT, WALL, PEAK, SIZE, ERROR], warm=True)


JOBS = [job("neighbors-wide", 50_000, 10_000, 64), job("neighbors-narrow", 200_000, 50_000, 6)]
