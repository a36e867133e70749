"""Linear models: least squares and its penalised and robust kin, lasso on tall and wide tables, a path chosen by folds,
counts, and classes learnt row by row."""
from common import *


def lines(n, columns, used, target, seed):
    """Correlated columns, of which some make the target: a number with noise, a count, or a class."""
    import numpy as np
    r = np.random.default_rng(seed)
    x = r.standard_normal((n, columns)) + 0.5 * r.standard_normal((n, 1))
    b = np.zeros(columns)
    b[r.choice(columns, used, replace=False)] = r.standard_normal(used)
    score = x @ b
    score = score / score.std()
    if target == "count":
        y = r.poisson(np.exp(0.7 * score)).astype(float)
    else:
        y = 3 * score + r.standard_normal(n)
    if target == "class":
        y = (y > 0).astype(np.int64)
    cut = n * 4 // 5
    return x[:cut], y[:cut], x[cut:], y[cut:]


def job(name, title, what, shape, kind, params, theirs, arguments, target="number", intelex=False):
    """kind and params are hone's, theirs the class's name in the peers' linear_model."""
    rows, columns, used = shape

    def quality(d, answer):
        y, = load(d, "yt")
        return {"accuracy": float((answer == y).mean())} if target == "class" else {"rmse": rmse(y, answer)}

    def hone_(d):
        result, out = train_and_predict(d, "binary" if target == "class" else "regression", {kind: params})
        return dict(result, **quality(d, *answers(out, "prediction")))

    def fitted(d, linear_model, package):
        x, y, xt = load(d, "X", "y", "Xt")
        model = getattr(linear_model, theirs)(**arguments)
        _, fit = timed(model.fit, x, y)
        p, predict = timed(model.predict, xt)
        return {"version": version(package), "fit": fit, "predict": predict, "peak": peak_mb(),
                "size": dumped_megabytes(model), **quality(d, p)}

    def sklearn_(d):
        import sklearn.linear_model
        return fitted(d, sklearn.linear_model, "scikit-learn")

    def intelex_(d):
        import sklearnex.linear_model
        return fitted(d, sklearnex.linear_model, "scikit-learn-intelex")

    make = lambda: lines(scale(rows), columns, used, target, 7)
    peers = {"hone": hone_, "scikit-learn": sklearn_} | ({"scikit-learn-intelex": intelex_} if intelex else {})
    return Job(name, f"{title}, {rows * 4 // 5:,} x {columns:,}", what,
               lambda: arrays(f"lines-{rows}-{columns}-{target}", make), peers,
               [FIT, PREDICT, WALL, PEAK, SIZE, ACCURACY if target == "class" else RMSE], warm=True)


PASSES = {"max_iter": 10, "tol": None}
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
        {"alpha": 1e-3, "tol": 1e-6, "max_iter": 1000}, target="count"),
    job("least-squares", "Least squares", "float64; hone's fit holds standard errors too.", (200_000, 100, 40),
        "least_squares", {}, "LinearRegression", {}, intelex=True),
    job("ridge", "Ridge", "alpha 1, float64, solver as each chooses.", (200_000, 100, 40), "ridge", {}, "Ridge", {},
        intelex=True),
    job("bayesian-ridge", "Bayesian ridge", "Both precisions by the evidence, with the covariance; float64.",
        (200_000, 100, 40), "bayesian_ridge", {}, "BayesianRidge", {}),
    job("huber", "Huber regression", "epsilon 1.35, alpha 1e-4, float64; hone goes on to the optimum.",
        (100_000, 50, 20), "huber", {}, "HuberRegressor", {"max_iter": 1000}),
    job("quantile", "Quantile regression", "The median, alpha 0.01, float64.", (5_000, 30, 10), "quantile_regression",
        {"alpha": 0.01}, "QuantileRegressor", {"alpha": 0.01}),
    job("sgd", "Linear SVM by SGD", "Hinge loss, alpha 1e-4, ten passes, float64.", (200_000, 100, 40), "sgd",
        {"max_iter": 10, "tolerance": "none"}, "SGDClassifier", PASSES, target="class"),
    job("perceptron", "Perceptron", "Ten passes, float64.", (200_000, 100, 40), "perceptron",
        {"max_iter": 10, "tolerance": "none"}, "Perceptron", PASSES, target="class"),
    job("logistic-saga", "Logistic regression by SAGA, l1", "C = 0.01, tolerance 1e-4 (hone: of the mean loss's "
        "gradient; scikit-learn: of a pass' largest step), float64.", (100_000, 100, 40), "logistic",
        {"solver": "saga", "penalty": "l1", "C": 0.01, "tolerance": 1e-4}, "LogisticRegression",
        {"solver": "saga", "l1_ratio": 1, "C": 0.01, "tol": 1e-4, "max_iter": 1000}, target="class"),
]
