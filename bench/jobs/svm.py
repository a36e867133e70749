"""Kernel support vector machines: two classes told apart by products and waves of standard normal columns."""
from common import *


def waves(n, n_test, columns, seed):
    import numpy as np
    r = np.random.default_rng(seed)
    x = r.standard_normal((n + n_test, columns)).astype(np.float32)
    signal = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) + 0.5 * x[:, 3]
    y = (signal + 0.7 * r.standard_normal(n + n_test) > 0).astype(np.int64)
    return x[:n], y[:n], x[n:], y[n:]


def peers():
    def quality(d, chosen):
        y, = load(d, "yt")
        return {"accuracy": float((chosen == y).mean())}

    def hone_(d):
        import numpy as np
        result, out = train_and_predict(d, "binary", {"svm": {"C": 1}})
        return dict(result, **quality(d, np.asarray(answers(out, "prediction")[0]).astype(np.int64)))

    def fitted(d, svm, package):
        x, y, xt = load(d, "X", "y", "Xt")
        model = svm.SVC(C=1)
        _, fit = timed(model.fit, x, y)
        chosen, predict = timed(model.predict, xt)
        return {"version": version(package), "fit": fit, "predict": predict, "peak": peak_mb(),
                "size": dumped_megabytes(model), **quality(d, chosen)}

    def sklearn(d):
        import sklearn.svm
        return fitted(d, sklearn.svm, "scikit-learn")

    def intelex(d):
        import sklearnex.svm
        return fitted(d, sklearnex.svm, "scikit-learn-intelex")

    return {"hone": hone_, "scikit-learn": sklearn, "scikit-learn-intelex": intelex}


def job(name, rows, columns, seed):
    make = lambda: waves(scale(rows), scale(rows) // 2, columns, seed)
    return Job(
        name, f"Kernel SVM, {rows:,} x {columns}, rbf",
        "C = 1, gamma scale, tolerance 1e-3, cache 200 MB, float32 columns of like scale. "
        f"Predict is {rows // 2:,} held-out rows.",
        lambda: arrays(name, make), peers(), [FIT, PREDICT, WALL, PEAK, SIZE, ACCURACY])


JOBS = [job("svm", 20_000, 28, 21)]
