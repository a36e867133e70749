"""Gaussian process regression: rbf and noise, all of it searched for, with and without noise in the target."""
from common import *


def smooth(n, n_test, noise):
    import numpy as np
    r = np.random.default_rng(41)
    x = r.standard_normal((n + n_test, 4))
    y = np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + noise * r.standard_normal(n + n_test)
    return x[:n], y[:n], x[n:], y[n:]


def hone_(d):
    result, out = train_and_predict(d, "regression", {"gaussian_process": {}})
    prediction, = answers(out, "prediction")
    return dict(result, rmse=rmse(load(d, "yt")[0], prediction))


def sklearn_(d):
    import warnings
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
    warnings.simplefilter("ignore")  # noise at its bound, where there is none
    x, y, xt, yt = load(d, "X", "y", "Xt", "yt")
    model = GaussianProcessRegressor(ConstantKernel() * RBF() + WhiteKernel(), normalize_y=True)
    _, fit = timed(model.fit, x, y)
    p, predict = timed(model.predict, xt)
    return {"version": version("scikit-learn"), "fit": fit, "predict": predict, "peak": peak_mb(),
            "size": dumped_megabytes(model), "rmse": rmse(yt, p)}


def job(name, title, noise):
    rows = 1500
    make = lambda: smooth(scale(rows), scale(rows) * 2, noise)
    return Job(name, f"Gaussian process, {title}, {rows:,} x 4",
               f"Constant * rbf + white, searched from 1 each. Predict is {2 * rows:,} held-out rows.",
               lambda: arrays(name, make), {"hone": hone_, "scikit-learn": sklearn_},
               [FIT, PREDICT, WALL, PEAK, SIZE, RMSE])


JOBS = [job("gaussian-process", "noisy target", 0.3), job("gaussian-process-exact", "target without noise", 0)]
