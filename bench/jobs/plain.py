"""Methods that no library of the registries has, beside the few lines of numpy and scipy that people write for them."""
from common import *

R2 = Measure("r2", "R2", exact=True)
SHARE = Measure("share", "share of odd rows", exact=True)


def slopes():
    def make():
        import numpy as np
        r = np.random.default_rng(12)
        n, p = scale(200_000), 50
        x = r.standard_normal((2 * n, p))
        y = x @ r.standard_normal(p) + 3 + r.standard_normal(2 * n)
        return x[:n], y[:n], x[n:], y[n:]
    return arrays("slopes", make)


def tails():
    def make():
        import numpy as np
        r = np.random.default_rng(13)
        n = scale(500_000)
        x = r.standard_t(6, (2 * n, 20)) * np.exp(r.standard_normal(20))
        y = np.zeros(2 * n)
        return x[:n], y[:n], x[n:], y[n:]
    return arrays("tails", make)


def hone_(make, quality):
    def run(d):
        package = python_package()
        x, y, xt, yt = load(d, "X", "y", "Xt", "yt")
        own = make(package)
        _, fit = timed(own.fit, *((x, y) if quality is r2 else (x,)))
        answers, predict = timed(own.predict, xt)
        return {"version": hone_version(), "fit": fit, "predict": predict, "peak": peak_mb(), **quality(yt, answers)}
    return run


def numpy_(learn, answer, quality):
    def run(d):
        x, y, xt, yt = load(d, "X", "y", "Xt", "yt")
        learnt, fit = timed(learn, x, y)
        answers, predict = timed(answer, learnt, xt)
        return {"version": version("numpy"), "fit": fit, "predict": predict, "peak": peak_mb(), **quality(yt, answers)}
    return run


def r2(y, answers):
    return {"r2": float(1 - ((y - answers) ** 2).sum() / ((y - y.mean()) ** 2).sum())}


def odd(y, answers):
    return {"share": float((answers < 0).mean())}


STEPS, RATE = 100, 0.1


def descend(x, y):
    import numpy as np
    slope, constant = np.zeros(x.shape[1]), 0.0
    for _ in range(STEPS):
        off = x @ slope + constant - y
        slope -= RATE * (x.T @ off) / len(y)
        constant -= RATE * off.mean()
    return slope, constant


def medians(x, y):
    import numpy as np
    from scipy.stats import median_abs_deviation
    return np.median(x, axis=0), median_abs_deviation(x, axis=0) / 0.6745


def far(learnt, x):
    import numpy as np
    middle, spread = learnt
    return np.where((np.abs(x - middle) / spread).max(axis=1) > 3.5, -1, 1)


JOBS = [
    Job("gradient-descent", "Gradient descent on all rows, 200,000 x 50", f"Least squares, {STEPS} steps of {RATE}; "
        "predict is as many held-out rows.", slopes,
        {"hone": hone_(lambda hone: hone.GradientDescentRegressor(iterations=STEPS, learning_rate=RATE, n_jobs=THREADS),
                       r2),
         "numpy": numpy_(descend, lambda learnt, x: x @ learnt[0] + learnt[1], r2)}, [FIT, PREDICT, PEAK, R2]),
    Job("univariate-outliers", "Outliers column by column, 500,000 x 20", "Median deviations; predict is as many other "
        "rows.", tails,
        {"hone": hone_(lambda hone: hone.UnivariateOutliers(n_jobs=THREADS), odd),
         "numpy and scipy": numpy_(medians, far, odd)}, [FIT, PREDICT, PEAK, SHARE]),
]
