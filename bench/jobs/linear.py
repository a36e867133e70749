"""Linear models for numbers: lasso and elastic net on tall and wide tables, a path chosen by folds, counts."""
from common import *


def lines(n, columns, used, counts, seed):
    """Correlated columns, of which some make the target: a number with noise, or a count."""
    import numpy as np
    r = np.random.default_rng(seed)
    x = r.standard_normal((n, columns)) + 0.5 * r.standard_normal((n, 1))
    b = np.zeros(columns)
    b[r.choice(columns, used, replace=False)] = r.standard_normal(used)
    score = x @ b
    score = score / score.std()
    y = r.poisson(np.exp(0.7 * score)).astype(float) if counts else 3 * score + r.standard_normal(n)
    cut = n * 4 // 5
    return x[:cut], y[:cut], x[cut:], y[cut:]


def job(name, title, what, shape, kind, params, theirs, arguments, counts=False):
    """kind and params are hone's, theirs the class's name in the peers' linear_model."""
    rows, columns, used = shape

    def hone_(d):
        result, out = train_and_predict(d, "regression", {kind: params})
        p, = answers(out, "prediction")
        return dict(result, rmse=rmse(*load(d, "yt"), p))

    def sklearn_(d):
        import sklearn.linear_model
        x, y, xt, yt = load(d, "X", "y", "Xt", "yt")
        model = getattr(sklearn.linear_model, theirs)(**arguments)
        _, fit = timed(model.fit, x, y)
        p, predict = timed(model.predict, xt)
        return {"version": version("scikit-learn"), "fit": fit, "predict": predict, "peak": peak_mb(),
                "size": dumped_megabytes(model), "rmse": rmse(yt, p)}

    make = lambda: lines(scale(rows), columns, used, counts, 7)
    return Job(name, f"{title}, {rows * 4 // 5:,} x {columns:,}", what,
               lambda: arrays(f"lines-{rows}-{columns}-{counts}", make), {"hone": hone_, "scikit-learn": sklearn_},
               [FIT, PREDICT, WALL, PEAK, SIZE, RMSE], warm=True)


GAP = "Tolerance 1e-6 of the duality gap, float64, columns of like scales. Predict is a fifth of the rows, first call."
EXACT = {"tol": 1e-6, "max_iter": 10_000}
JOBS = [
    job("lasso", "Lasso", GAP, (100_000, 300, 40), "lasso", {"alpha": 0.02, "tolerance": 1e-6}, "Lasso",
        {"alpha": 0.02, **EXACT}),
    job("lasso-wide", "Lasso, more columns than rows", GAP, (1_000, 8_000, 40), "lasso",
        {"alpha": 0.05, "tolerance": 1e-6}, "Lasso", {"alpha": 0.05, **EXACT}),
    job("lasso-path", "Lasso, the best of 100 alphas by 5 folds", GAP, (10_000, 200, 40), "lasso",
        {"n_alphas": 100, "tolerance": 1e-6}, "LassoCV", {"alphas": 100, "n_jobs": THREADS, **EXACT}),
    job("elastic-net", "Elastic net", GAP, (100_000, 300, 40), "elastic_net", {"alpha": 0.02, "tolerance": 1e-6},
        "ElasticNet", {"alpha": 0.02, **EXACT}),
    job("poisson", "Poisson regression", "alpha 1e-3, tolerance 1e-6 on the gradient of the mean loss, float64.",
        (200_000, 50, 20), "glm", {"alpha": 1e-3, "tolerance": 1e-6}, "PoissonRegressor",
        {"alpha": 1e-3, "tol": 1e-6, "max_iter": 1000}, counts=True),
]
