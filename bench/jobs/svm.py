"""Support vector machines, with kernels and linear: two classes made of products and waves of normal columns."""
from common import *


def waves(n, n_test, columns, seed):
    import numpy as np
    r = np.random.default_rng(seed)
    x = r.standard_normal((n + n_test, columns)).astype(np.float32)
    signal = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) + 0.5 * x[:, 3]
    y = (signal + 0.7 * r.standard_normal(n + n_test) > 0).astype(np.int64)
    return x[:n], y[:n], x[n:], y[n:]


def peers(kind, params, name, **theirs):
    def quality(d, chosen):
        y, = load(d, "yt")
        return {"accuracy": float((chosen == y).mean())}

    def hone_(d):
        import numpy as np
        result, out = train_and_predict(d, "binary", {kind: params})
        return dict(result, **quality(d, np.asarray(answers(out, "prediction")[0]).astype(np.int64)))

    def fitted(d, svm, package):
        x, y, xt = load(d, "X", "y", "Xt")
        model = getattr(svm, name)(**theirs)
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

    return {"hone": hone_, "scikit-learn": sklearn} | ({"scikit-learn-intelex": intelex} if name == "SVC" else {})


def job(name, title, what, rows, columns, seed, peers):
    make = lambda: waves(scale(rows), scale(rows) // 2, columns, seed)
    return Job(name, f"{title}, {rows:,} x {columns}", f"{what} Predict is {rows // 2:,} held-out rows.",
               lambda: arrays(name, make), peers, [FIT, PREDICT, WALL, PEAK, SIZE, ACCURACY])


JOBS = [job("svm", "Kernel SVM, rbf", "C = 1, gamma scale, tolerance 1e-3, cache 200 MB, float32 columns of like scale.",
            20_000, 28, 21, peers("svm", {"C": 1}, "SVC", C=1)),
        job("linear-svm", "Linear SVM, squared hinge", "C = 1, tolerance 1e-4, solver as each chooses, float32.",
            200_000, 50, 22, peers("linear_svm", {"C": 1}, "LinearSVC", C=1)),
        job("linear-svm-hinge", "Linear SVM, hinge", "C = 1, tolerance 1e-4 and 1,000 passes at most, float32.",
            20_000, 50, 23, peers("linear_svm", {"C": 1, "loss": "hinge"}, "LinearSVC", C=1, loss="hinge"))]
