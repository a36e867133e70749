"""Gaussian naive Bayes and discriminants on float32 columns: closed forms, so it is the passes that count."""
from common import *


def clouds(n, n_test, columns, classes, seed):
    import numpy as np
    r = np.random.default_rng(seed)
    centres = r.standard_normal((classes, columns)) / 2
    y = r.integers(0, classes, n + n_test)
    x = (r.standard_normal((n + n_test, columns)) + centres[y]).astype(np.float32)
    return x[:n], y[:n].astype(np.int64), x[n:], y[n:].astype(np.int64)


def peers(kind, module, name, classes):
    def quality(d, p):
        y, = load(d, "yt")
        return {"log_loss": log_loss(y, p), "accuracy": float((p.argmax(1) == y).mean())}

    def hone_(d):
        import numpy as np
        result, out = train_and_predict(d, "multiclass", {kind: {}})
        p = np.column_stack(answers(out, *(f"probability_{j}" for j in range(classes))))
        return dict(result, **quality(d, p))

    def sklearn(d):
        from importlib import import_module
        x, y, xt = load(d, "X", "y", "Xt")
        model = getattr(import_module(f"sklearn.{module}"), name)()
        _, fit = timed(model.fit, x, y)
        p, predict = timed(model.predict_proba, xt)
        return {"version": version("scikit-learn"), "fit": fit, "predict": predict, "peak": peak_mb(),
                "size": dumped_megabytes(model), **quality(d, p)}

    return {"hone": hone_, "scikit-learn": sklearn}


def job(name, title, peers):
    rows, columns, classes = 500_000, 30, 5
    make = lambda: clouds(scale(rows), scale(rows) // 2, columns, classes, 31)
    return Job(name, f"{title}, {rows:,} x {columns}, {classes} classes",
               f"Defaults, float32 columns. Predict is {rows // 2:,} held-out rows.",
               lambda: arrays("clouds", make), peers, [FIT, PREDICT, WALL, PEAK, SIZE, LOG_LOSS, ACCURACY])


JOBS = [job("gaussian-bayes", "Gaussian naive Bayes", peers("gaussian_bayes", "naive_bayes", "GaussianNB", 5)),
        job("lda", "Linear discriminant analysis",
            peers("lda", "discriminant_analysis", "LinearDiscriminantAnalysis", 5)),
        job("qda", "Quadratic discriminant analysis",
            peers("qda", "discriminant_analysis", "QuadraticDiscriminantAnalysis", 5))]
