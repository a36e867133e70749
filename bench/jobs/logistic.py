"""Logistic regression on dense standardised float32 columns: two classes, and many."""
from common import *


def blend(n, columns, classes, seed):
    """Correlated columns and labels drawn from a true softmax model of them."""
    import numpy as np
    r = np.random.default_rng(seed)
    mix = np.eye(columns) + 0.3 * r.standard_normal((columns, columns)) / columns ** 0.5
    x = r.standard_normal((n, columns)) @ mix
    x = ((x - x.mean(0)) / x.std(0)).astype(np.float32)
    score = x @ (1.5 * r.standard_normal((columns, classes)) / columns ** 0.5) + r.gumbel(size=(n, classes))
    y = score.argmax(1).astype(np.int64)
    cut = n * 4 // 5
    return x[:cut], y[:cut], x[cut:], y[cut:]


def peers(task, classes):
    def quality(d, p):
        y, = load(d, "yt")
        return {"log_loss": log_loss(y, p), "accuracy": float((p.argmax(1) == y).mean())}

    def hone_(d):
        r, out = train_and_predict(d, "y", task, {"logistic": {"C": 1, "tolerance": 1e-4, "max_iter": 1000}})
        return dict(r, **quality(d, class_columns(out, classes)))

    def fitted(linear_model, version, d, solver):
        x, y, xt = load(d, "X", "y", "Xt")
        m = linear_model.LogisticRegression(C=1, tol=1e-4, max_iter=1000, solver=solver)
        _, fit = timed(m.fit, x, y)
        p, predict = timed(m.predict_proba, xt)
        return dict(quality(d, p), version=version, fit=fit, predict=predict, peak=peak_mb())

    def sklearn(d, solver="lbfgs"):
        import sklearn
        import sklearn.linear_model
        return fitted(sklearn.linear_model, sklearn.__version__, d, solver)

    def newton(d):
        return sklearn(d, "newton-cholesky")

    def intelex(d):
        import importlib.metadata
        import sklearnex.linear_model
        return fitted(sklearnex.linear_model, importlib.metadata.version("scikit-learn-intelex"), d, "lbfgs")

    return {"hone": hone_, "scikit-learn lbfgs": sklearn, "scikit-learn newton-cholesky": newton, "scikit-learn-intelex lbfgs": intelex}


SETTINGS = "L2 with C = 1, tolerance 1e-4 on the mean loss's gradient, float32, columns standardised beforehand. Predict is the held-out fifth, first call."
MEASURES = [FIT, PREDICT, WALL, PEAK, Measure("log_loss", "log loss"), Measure("accuracy", "accuracy")]
JOBS = [
    Job("logistic", "Logistic regression, 200,000 x 100, binary", SETTINGS, lambda: arrays("blend-2", lambda: blend(scale(250_000), 100, 2, 11)),
        peers("binary", 2), MEASURES, warm=True),
    Job("logistic-many", "Logistic regression, 100,000 x 60, 20 classes", SETTINGS,
        lambda: arrays("blend-20", lambda: blend(scale(125_000), 60, 20, 12)), peers("multiclass", 20), MEASURES, warm=True),
]
