"""Logistic regression on dense standardised float32 columns: two classes, and many."""
from common import *


def blend(n, columns, classes, seed):
    """Correlated columns, and classes drawn from a softmax model of them."""
    import numpy as np
    r = np.random.default_rng(seed)
    mix = np.eye(columns) + 0.3 * r.standard_normal((columns, columns)) / columns**0.5
    x = r.standard_normal((n, columns)) @ mix
    x = ((x - x.mean(0)) / x.std(0)).astype(np.float32)
    weights = 1.5 * r.standard_normal((columns, classes)) / columns**0.5
    y = (x @ weights + r.gumbel(size=(n, classes))).argmax(1).astype(np.int64)
    cut = n * 4 // 5
    return x[:cut], y[:cut], x[cut:], y[cut:]


def peers(task, classes):
    def quality(d, p):
        y, = load(d, "yt")
        return {"log_loss": log_loss(y, p), "accuracy": float((p.argmax(1) == y).mean())}

    def hone_(d):
        params = {"C": 1, "tolerance": 1e-4, "max_iter": 1000}
        result, out = train_and_predict(d, task, {"logistic": params})
        import numpy as np
        p = np.column_stack(answers(out, *(f"probability_{j}" for j in range(classes))))
        return dict(result, **quality(d, p))

    def fitted(d, linear_model, package, solver):
        x, y, xt = load(d, "X", "y", "Xt")
        model = linear_model.LogisticRegression(C=1, tol=1e-4, max_iter=1000, solver=solver)
        _, fit = timed(model.fit, x, y)
        p, predict = timed(model.predict_proba, xt)
        return {"version": version(package), "fit": fit, "predict": predict, "peak": peak_mb(),
                "size": dumped_megabytes(model), **quality(d, p)}

    def lbfgs(d):
        import sklearn.linear_model
        return fitted(d, sklearn.linear_model, "scikit-learn", "lbfgs")

    def newton(d):
        import sklearn.linear_model
        return fitted(d, sklearn.linear_model, "scikit-learn", "newton-cholesky")

    def intelex(d):
        import sklearnex.linear_model
        return fitted(d, sklearnex.linear_model, "scikit-learn-intelex", "lbfgs")

    return {"hone": hone_, "scikit-learn lbfgs": lbfgs, "scikit-learn newton-cholesky": newton,
            "scikit-learn-intelex lbfgs": intelex}


def job(name, rows, columns, classes, task, seed):
    make = lambda: blend(scale(rows * 5 // 4), columns, classes, seed)
    return Job(
        name, f"Logistic regression, {rows:,} x {columns}, {classes} classes",
        "L2 with C = 1, tolerance 1e-4 on the gradient of the mean loss, float32, columns "
        f"standardised beforehand. Predict is {rows // 4:,} held-out rows, first call.",
        lambda: arrays(f"blend-{classes}", make), peers(task, classes),
        [FIT, PREDICT, WALL, PEAK, SIZE, LOG_LOSS, ACCURACY], warm=True)


JOBS = [job("logistic", 200_000, 100, 2, "binary", 11),
        job("logistic-many", 100_000, 60, 20, "multiclass", 12)]
